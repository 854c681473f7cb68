<?xml version="1.0" encoding="UTF-8"?>
<CityModel xmlns="http://www.opengis.net/citygml/2.0" xmlns:bldg="http://www.opengis.net/citygml/building/2.0"
    xmlns:tran="http://www.opengis.net/citygml/transportation/2.0" xmlns:veg="http://www.opengis.net/citygml/vegetation/2.0"
    xmlns:dem="http://www.opengis.net/citygml/relief/2.0" xmlns:gen="http://www.opengis.net/citygml/generics/2.0"
    xmlns:app="http://www.opengis.net/citygml/appearance/2.0" xmlns:gml="http://www.opengis.net/gml"
    xmlns:xAL="urn:oasis:names:tc:ciq:xsdschema:xAL:2.0" xmlns:xlink="http://www.w3.org/1999/xlink"
    xmlns:ade="http://example.org/heating"><gml:name>样本</gml:name>
<gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709" srsDimension="3"/></gml:boundedBy>
<cityObjectMember><bldg:Building gml:id="a"><gen:intAttribute name="n"><gen:value>5</gen:value></gen:intAttribute><bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface><gml:surfaceMember><gml:Polygon gml:id="q"><gml:exterior><gml:LinearRing><gml:posList>155000 463000 10 155009 463000 10 155009 463009 10 155000 463009 10 155000 463000 10</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember><gml:surfaceMember xlink:href="#q"/></gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid></bldg:Building></cityObjectMember>
</CityModel>