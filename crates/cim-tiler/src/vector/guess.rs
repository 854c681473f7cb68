//! What a layer is, and what its attributes mean, where no mapping says it: from its name, its geometry and the names
//! that such attributes usually have.

use super::{
    feature::Layer,
    mapping::{Kind, Role},
    values,
};
use crate::city::Attribute;
use std::collections::BTreeSet;

/// Usual names of attributes, the surest first, as [`plain`] writes them.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Id,
        &[
            "id",
            "编号",
            "编码",
            "代码",
            "标识码",
            "唯一标识",
            "建筑编号",
            "房屋编号",
            "楼栋编号",
            "道路编号",
            "道路编码",
            "网格编码",
            "网格编号",
            "部件编码",
            "部件编号",
            "部件标识码",
            "设备编号",
            "设备编码",
            "objcode",
            "code",
            "bsm",
            "uuid",
            "guid",
            "osmid",
            "gid",
            "fid",
            "objectid",
            "objectid1",
            "ogcfid",
        ],
    ),
    (
        Role::Name,
        &[
            "name",
            "名称",
            "建筑名称",
            "楼名",
            "楼栋名称",
            "道路名称",
            "路名",
            "网格名称",
            "部件名称",
            "设备名称",
            "店铺名称",
            "门店名称",
            "招牌名称",
            "点位名称",
            "站点名称",
            "水系名称",
            "公园名称",
            "树种",
            "bldgname",
            "roadname",
            "objname",
            "mc",
            "title",
            "label",
        ],
    ),
    (
        Role::Class,
        &[
            "class",
            "类型",
            "类别",
            "用途",
            "建筑用途",
            "房屋用途",
            "建筑类型",
            "使用性质",
            "道路等级",
            "道路类型",
            "道路类别",
            "等级",
            "部件类型",
            "部件类别",
            "部件小类",
            "小类",
            "小类名称",
            "设备类型",
            "fclass",
            "highway",
            "building",
            "type",
            "usage",
            "use",
            "category",
            "kind",
            "lx",
        ],
    ),
    (
        Role::Address,
        &[
            "address",
            "地址",
            "详细地址",
            "门牌",
            "门牌号",
            "位置",
            "位置描述",
            "所在位置",
            "坐落",
            "addr",
            "addrfull",
            "dz",
        ],
    ),
    (
        Role::Height,
        &[
            "height",
            "高度",
            "建筑高度",
            "楼高",
            "房屋高度",
            "房高",
            "相对高度",
            "heightm",
            "bldgheight",
            "buildingheight",
            "hgt",
            "elevation",
            "jzgd",
            "gd",
            "树高",
            "安装高度",
        ],
    ),
    (
        Role::Base,
        &["minheight", "baseheight", "heightbase", "heightmin", "离地高度", "底部离地高度", "底面离地高度", "架空高度"],
    ),
    (
        Role::Floors,
        &[
            "floors",
            "层数",
            "楼层",
            "楼层数",
            "总层数",
            "地上层数",
            "建筑层数",
            "房屋层数",
            "floor",
            "floorcount",
            "numfloors",
            "buildinglevels",
            "levels",
            "storeys",
            "stories",
            "cs",
        ],
    ),
    (
        Role::Width,
        &["width", "宽度", "路宽", "道路宽度", "路面宽度", "车行道宽", "红线宽度", "widthm", "roadwidth", "kd"],
    ),
    (Role::Oneway, &["oneway", "单行", "单向", "单行线", "是否单行", "通行方向", "direction"]),
    (Role::Heading, &["heading", "朝向", "方位角", "朝向角", "方向角", "azimuth", "bearing", "headingdeg"]),
    (
        Role::SensorKind,
        &["sensorkind", "传感器类型", "监测类型", "感知类型", "设备类型", "监测项", "类型", "type", "kind"],
    ),
    (Role::Warning, &["warning", "预警值", "警戒值", "预警阈值"]),
    (Role::Alarm, &["alarm", "报警值", "告警值", "报警阈值", "告警阈值"]),
    (Role::Inspector, &["inspector", "监督员", "巡查员", "网格员", "责任人"]),
    (Role::Model, &["model", "模型", "模型文件", "三维模型", "modelfile", "modelpath", "glb", "gltf"]),
    (Role::Scale, &["scale", "缩放", "缩放比例", "比例"]),
];

/// Parts of names of layers, in the order in which they are tried.
const LAYERS: &[(Kind, &[&str])] = &[
    (Kind::Ignore, &["parking", "停车"]),
    (Kind::Camera, &["摄像", "视频", "监控", "camera", "cctv"]),
    (Kind::Sign, &["招牌", "门店", "店铺", "商铺", "广告", "sign", "shop"]),
    (Kind::Sensor, &["传感", "感知", "监测", "物联", "sensor", "iot"]),
    (Kind::Component, &["部件", "井盖", "路灯", "component", "manhole", "lamp"]),
    (Kind::Tree, &["行道树", "树木", "古树", "tree"]),
    (Kind::Grid, &["网格", "grid", "cell"]),
    (Kind::Building, &["建筑", "房屋", "楼栋", "楼宇", "building", "bldg", "house", "footprint", "jzw", "fwm"]),
    (Kind::Road, &["道路", "路网", "街道中心", "公路", "road", "street", "highway", "路"]),
    (Kind::Water, &["水系", "水域", "水体", "水面", "河", "湖", "water", "river", "lake"]),
    (
        Kind::Green,
        &["绿地", "绿化", "公园", "植被", "草地", "林地", "green", "park", "grass", "forest", "vegetation", "landuse"],
    ),
    (Kind::Ignore, &["行政", "边界", "区划", "管线", "铁路", "boundary", "admin", "pipe", "railway"]),
];

/// Footprints larger than this in the middle, square metres, are no buildings.
const LARGEST_M2: f64 = 20_000.0;

/// Letters and digits in lower case: how names are compared.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The attribute that a role usually is, of those that a layer has.
pub(super) fn attribute(role: Role, kind: Kind, attributes: &[String]) -> Option<&str> {
    let (_, names) = NAMES.iter().find(|(r, _)| *r == role)?;
    // The name of a tree is its species, that of a building is not its `building` tag.
    let fits = |name: &&&str| match (role, **name) {
        (Role::Class, "highway") => kind == Kind::Road,
        (Role::Class, "building") => kind == Kind::Building,
        (Role::Name, "树种") => kind == Kind::Tree,
        (Role::Height, "安装高度") => kind == Kind::Sign,
        _ => true,
    };
    names.iter().filter(fits).find_map(|n| attributes.iter().find(|a| plain(a) == **n)).map(String::as_str)
}

/// All names of attributes, in the order in which they come.
pub(super) fn attributes(layer: &Layer) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for (name, _) in layer.features.iter().flat_map(|f| &f.attributes) {
        if !seen.contains(name.as_str()) {
            seen.insert(name.as_str());
            out.push(name.clone());
        }
    }
    out
}

/// Whether an attribute of the layer names model files. What is called `model` alone may be the make of a camera.
fn names_models(layer: &Layer, attributes: &[String]) -> bool {
    let Some(name) = attribute(Role::Model, Kind::Model, attributes) else { return false };
    let is_file = |value: &Attribute| {
        let text = values::text(value).to_lowercase();
        text.ends_with(".glb") || text.ends_with(".gltf")
    };
    layer.features.iter().filter_map(|f| f.get(name)).any(is_file)
}

/// What polygons, lines and points of a layer become; `middle_m2` is the size of its polygons in the middle.
pub(super) fn kinds(layer: &Layer, attributes: &[String], middle_m2: f64) -> [Kind; 3] {
    let name = plain(&layer.name);
    let file = layer.path.file_name().map(|n| plain(&n.to_string_lossy())).unwrap_or_default();
    let named = |text: &str| LAYERS.iter().find(|(_, parts)| parts.iter().any(|p| text.contains(p))).map(|l| l.0);
    // A table of a GeoPackage may have a name that says nothing.
    let named = named(&name).or_else(|| named(&file));
    let has = |role: Role, kind: Kind| attribute(role, kind, attributes).is_some();
    let grid = attributes.iter().any(|a| matches!(plain(a).as_str(), "网格编码" | "网格编号" | "gridcode"));
    let polygon = match named {
        Some(Kind::Building | Kind::Water | Kind::Green | Kind::Grid | Kind::Component | Kind::Ignore) => named,
        // The surfaces of roads are no centre lines.
        Some(Kind::Road) => Some(Kind::Ignore),
        _ if grid => Some(Kind::Grid),
        _ if has(Role::Floors, Kind::Building) || has(Role::Height, Kind::Building) => Some(Kind::Building),
        _ => (middle_m2 <= LARGEST_M2).then_some(Kind::Building),
    };
    let line = match named {
        None | Some(Kind::Road) => Kind::Road,
        Some(Kind::Component) => Kind::Component,
        _ => Kind::Ignore,
    };
    let point = match named {
        _ if names_models(layer, attributes) => Kind::Model,
        Some(k @ (Kind::Camera | Kind::Sign | Kind::Sensor | Kind::Tree | Kind::Component | Kind::Ignore)) => k,
        _ => Kind::Component,
    };
    [polygon.unwrap_or(Kind::Ignore), line, point]
}
