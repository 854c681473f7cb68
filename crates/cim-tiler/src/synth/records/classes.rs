//! Classes of cases as the synthetic city's dictionary has them: codes, limits, who handles them and what was done.
//! Real cities send their own; nothing outside this folder knows these.

use super::{calendar::Limit, people::Department};
use cim_model::{EventClass, SensorKind};

/// What a class of cases is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Building,
    Road,
    MuckTruck,
    SanitationTruck,
    Sensor(SensorKind),
    Camera,
    Sign,
    Bike,
    Cell,
    Water,
    Green,
    /// Components of these classes; of any without.
    Component(&'static [&'static str]),
    Site,
    Dump,
    Flood,
}

/// A class of cases.
#[derive(Debug, Clone, Copy)]
pub(super) struct Class {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) about: About,
    pub(super) limit: Limit,
    pub(super) department: Department,
    /// How often, against the others.
    pub(super) weight: u32,
    /// What was found and what was done, in the words of those who wrote it.
    pub(super) found: &'static str,
    pub(super) done: &'static str,
}

macro_rules! classes {
    ($($code:literal $name:literal $about:expr, $limit:expr, $department:ident, $weight:literal, $found:literal, $done:literal;)+) => {
        /// All classes.
        pub(super) const CLASSES: &[Class] = &[$(Class {
            code: $code, name: $name, about: $about, limit: $limit, department: Department::$department,
            weight: $weight, found: $found, done: $done,
        }),+];
    };
}

use About::{
    Bike, Building, Camera, Cell, Component, Dump, Flood, Green, MuckTruck, Road, SanitationTruck, Sensor, Sign, Site,
    Water,
};

const COVERS: &[&str] = &["0101", "0102", "0103", "0105", "0106", "0107", "0110", "0111"];

use Limit::{Days, Hours, Urgent};

classes! {
    "0101" "私搭乱建" Building, Days(15), Enforcement, 60, "楼体外侧擅自搭建彩钢板房", "违建已拆除，现场已清理";
    "0113" "建筑物外立面不洁" Building, Days(3), Subdistrict, 90, "外墙污损，有大面积污渍", "外立面已清洗";
    "0511" "沿街晾挂" Building, Hours(4), Subdistrict, 70, "沿街窗口晾挂衣物", "已劝导居民收回";
    "0513" "空调室外机低挂" Building, Days(5), Subdistrict, 60, "空调室外机低于两米，影响行人", "室外机已移高";
    "0116" "油烟污染" Building, Days(2), Environment, 50, "餐饮油烟直排", "已责令清洗并启用油烟净化器";
    "0508" "商业噪音" Building, Hours(4), Enforcement, 50, "商户高音喇叭揽客", "已关停音响并告知";
    "0301" "施工扰民" Building, Hours(4), Construction, 40, "夜间装修施工噪声扰民", "已责令停止夜间施工";
    "0102" "暴露垃圾" Cell, Hours(4), Sanitation, 90, "路边有暴露垃圾", "垃圾已清运";
    "0103" "积存垃圾渣土" Cell, Days(2), Sanitation, 40, "空地积存建筑垃圾", "渣土已清运，场地已平整";
    "0507" "乱堆物堆料" Cell, Days(1), Subdistrict, 45, "公共区域乱堆杂物", "杂物已清理";
    "0501" "无照经营游商" Cell, Hours(2), Enforcement, 70, "流动摊贩占道经营", "已劝离";
    "0104" "道路不洁" Road, Hours(5), Sanitation, 60, "路面有污渍和落叶", "路面已清扫冲洗";
    "0110" "道路破损" Road, Days(5), Municipal, 40, "路面坑槽", "坑槽已修补";
    "0505" "机动车乱停放" Road, Hours(2), Traffic, 70, "机动车占用人行道停放", "车辆已驶离，已抄告";
    "0401" "路面塌陷" Road, Urgent(4), Municipal, 6, "路面局部塌陷", "已围挡并回填";
    "0112" "道路遗撒" MuckTruck, Hours(4), Enforcement, 45, "渣土车沿途遗撒", "路面已冲洗，车辆已查处";
    "0399" "其他施工管理问题" MuckTruck, Days(1), Construction, 15, "渣土车未密闭运输", "已责令整改并扣分";
    "0199" "其他市容环境问题" SanitationTruck, Days(1), Sanitation, 14, "环卫车辆作业污水滴漏", "车辆已检修";
    "0406" "道路积水" Sensor(SensorKind::WaterDepth), Urgent(4), Water, 20, "积水深度超过警戒值", "积水已抽排";
    "0302" "工地扬尘" Sensor(SensorKind::Dust), Hours(4), Construction, 24, "扬尘监测值超标", "已开启雾炮并覆盖裸土";
    "0301" "施工扰民" Sensor(SensorKind::Noise), Hours(4), Construction, 16, "噪声监测值超标", "已责令停止超时施工";
    "2102" "垃圾箱满溢" Sensor(SensorKind::FillLevel), Hours(4), Sanitation, 20, "垃圾箱满溢", "垃圾箱已清空";
    "0403" "燃气管道破裂" Sensor(SensorKind::Gas), Urgent(2), Gas, 8, "可燃气体浓度报警", "已检漏并紧固接头，浓度恢复正常";
    "2101" "视频设备故障" Camera, Days(2), Enforcement, 24, "视频画面中断", "设备已恢复在线";
    "0504" "店外经营" Sign, Hours(2), Enforcement, 60, "超出门头摆放货物", "已规范入店经营";
    "0205" "广告招牌破损" Sign, Days(3), Enforcement, 30, "门店招牌面板破损", "招牌已修复";
    "0202" "违章张贴悬挂广告牌匾" Sign, Days(1), Enforcement, 26, "擅自悬挂横幅", "横幅已拆除";
    "0506" "非机动车乱停放" Bike, Hours(4), Enforcement, 45, "共享单车倒伏堵塞盲道", "车辆已清运归位";
    "0105" "水域不洁" Water, Days(3), Water, 20, "水面有漂浮物", "漂浮物已打捞";
    "2103" "井盖缺失破损" Component(COVERS), Urgent(4), Municipal, 70, "破损松动", "已更换井盖，恢复平整";
    "2104" "路灯不亮" Component(&["0118"]), Days(2), Municipal, 60, "夜间不亮", "灯具已更换，恢复照明";
    "2105" "部件破损" Component(&[]), Days(3), Municipal, 90, "破损倾斜", "已修复";
    "0404" "下水道堵塞或破损" Component(&["0104", "0103"]), Urgent(8), Municipal, 40, "堵塞，排水不畅", "已疏通清掏";
    "0302" "工地扬尘" Site, Hours(4), Construction, 40, "裸土未覆盖，扬尘明显", "裸土已覆盖，已开启喷淋";
    "0304" "施工占道" Site, Days(1), Construction, 20, "围挡外堆放材料占用道路", "材料已清运，道路恢复";
    "0303" "施工废弃料" Dump, Days(2), Construction, 12, "渣土超高堆放", "已摊平压实并覆盖";
    "0406" "道路积水" Flood, Urgent(4), Water, 20, "积水影响通行", "积水已抽排，交通恢复";
    "0106" "绿地脏乱" Green, Days(2), Parks, 24, "绿地内有垃圾，草坪踩踏", "绿地已清理补植";
}

/// The classes that the city has added to the standard's dictionary (major class 21, 扩展事件).
pub(super) fn own() -> Vec<EventClass> {
    [
        ("2101", "视频设备故障", "Video equipment fault"),
        ("2102", "垃圾箱满溢", "Overflowing litter bin"),
        ("2103", "井盖缺失破损", "Missing or broken manhole cover"),
        ("2104", "路灯不亮", "Street lamp out"),
        ("2105", "部件破损", "Damaged component"),
    ]
    .map(|(code, zh, en)| EventClass { code: code.into(), zh: zh.into(), en: en.into() })
    .to_vec()
}

/// Class codes that no edition of the standard dictionary has: a city adds its own, and the viewer must cope.
pub(super) const UNKNOWN: [(&str, &str); 3] =
    [("2187", "本市扩展事件"), ("X7-03", "专项行动事项"), ("999901", "未分类")];

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::ClassDictionary;

    #[test]
    fn every_class_is_in_the_dictionary_by_its_name_and_the_unknown_are_not() {
        let mut dictionary = ClassDictionary::standard();
        dictionary.extend(own());
        for class in CLASSES {
            assert_eq!(dictionary.get(class.code).map(|c| c.zh.as_str()), Some(class.name), "{}", class.code);
        }
        assert!(UNKNOWN.iter().all(|(code, _)| dictionary.get(code).is_none()));
    }
}
