// citygml-to-3dtiles as a program of its own: FILE.gml FOLDER.
import Converter from "citygml-to-3dtiles";

const [input, output] = process.argv.slice(2);
const DUTCH =
  "+proj=sterea +lat_0=52.1561605555556 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 +ellps=bessel " +
  "+towgs84=565.4171,50.3319,465.5524,-0.398957,0.343988,-1.87740,4.0725 +units=m";
await new Converter({ srsProjections: { "urn:ogc:def:crs:EPSG::28992": DUTCH } }).convertFiles(input, output);
