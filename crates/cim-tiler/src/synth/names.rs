//! Names of streets and estates.

/// Streets that run north (columns) and east (rows), from the centre outwards; real ones first.
const NORTHWARD: [&str; 24] = [
    "太白路",
    "供销路",
    "古槐路",
    "建设路",
    "共青团路",
    "浣笔泉路",
    "火炬路",
    "科苑路",
    "济安桥路",
    "环城西路",
    "西浦路",
    "荷花路",
    "仙营路",
    "奥体路",
    "廉庄路",
    "海川路",
    "诗仙路",
    "崇文大道",
    "德源路",
    "兴唐路",
    "任兴路",
    "长虹路",
    "联华路",
    "嘉达路",
];
const EASTWARD: [&str; 24] = [
    "红星路",
    "洸河路",
    "金宇路",
    "常青路",
    "吴泰闸路",
    "王母阁路",
    "车站路",
    "环城北路",
    "琵琶山路",
    "济邹路",
    "新华路",
    "文昌阁路",
    "任城大道",
    "南池路",
    "圣贤路",
    "杏坛路",
    "幸福河路",
    "运河路",
    "临荷路",
    "永丰街",
    "翰林街",
    "状元街",
    "育才路",
    "滨河大道",
];
const PREFIX: [&str; 12] = ["新", "永", "兴", "安", "和", "嘉", "丰", "瑞", "宁", "长", "福", "明"];
const SUFFIX: [&str; 10] = ["安路", "康路", "源路", "泰路", "华路", "庆路", "宏路", "祥路", "德路", "文路"];

/// The rank of the `index`-th of `count` streets of a direction, from the centre outwards: the known names belong there.
pub(super) fn from_centre(index: usize, count: usize) -> usize {
    let middle = count / 2;
    if index > middle { 2 * (index - middle) - 1 } else { 2 * (middle - index) }
}

/// The name of the street of a direction that has this rank.
pub(super) fn street(index: usize, vertical: bool) -> String {
    let list = if vertical { &NORTHWARD } else { &EASTWARD };
    match list.get(index) {
        Some(name) => (*name).to_owned(),
        None => {
            let i = (index - list.len()) * 2 + usize::from(vertical);
            format!("{}{}", PREFIX[i % PREFIX.len()], SUFFIX[i / PREFIX.len() % SUFFIX.len()])
        }
    }
}

/// The name of one part of a street.
pub(super) fn part(base: &str, vertical: bool, part: usize, parts: usize) -> String {
    let (first, last) = if vertical { ("南", "北") } else { ("西", "东") };
    let stem = base.trim_end_matches('路');
    let road = if stem.len() < base.len() { "路" } else { "" };
    match (part, parts) {
        (_, 1) => base.to_owned(),
        (0, _) => format!("{stem}{first}{road}"),
        (p, n) if p + 1 == n => format!("{stem}{last}{road}"),
        (1, 3) => format!("{stem}中{road}"),
        (p, _) => format!("{stem}中{road}{}段", ["一", "二", "三", "四", "五", "六", "七", "八", "九"][(p - 1) % 9]),
    }
}

const ESTATES: [&str; 20] = [
    "运河",
    "太白",
    "古槐",
    "金宇",
    "洸河",
    "任兴",
    "竹竿巷",
    "南池",
    "圣都",
    "杏坛",
    "常青",
    "柳行",
    "接庄",
    "许庄",
    "观音阁",
    "阜桥",
    "越河",
    "仙营",
    "济阳",
    "龙城",
];
/// What a block is called after its own name.
pub(super) const HOMES: &[&str] = &["家园", "花园", "小区", "名邸", "佳苑", "新村", "公寓", "华府"];
pub(super) const LANES: &[&str] = &["里", "街坊", "巷", "胡同"];
pub(super) const SHOPS: &[&str] = &["广场", "商城", "购物中心", "新天地"];
pub(super) const OFFICES: &[&str] = &["中心", "国际", "商务港", "大厦"];
pub(super) const SCHOOLS: &[&str] = &["小学", "中学", "实验学校"];
pub(super) const HOSPITALS: &[&str] = &["医院", "中医院", "康复医院"];
pub(super) const FACTORIES: &[&str] = &["产业园", "工业园", "机械厂", "物流园"];
pub(super) const PARKS: &[&str] = &["公园", "游园"];

/// The name of the `index`-th block, one of a kind. Indices are unique among all blocks, so names are too.
pub(super) fn estate(index: usize, kinds: &[&str]) -> String {
    let round = index / (ESTATES.len() * kinds.len());
    let suffix = if round == 0 { String::new() } else { format!("{}期", round + 1) };
    format!("{}{}{suffix}", ESTATES[index % ESTATES.len()], kinds[index / ESTATES.len() % kinds.len()])
}

const SUBDISTRICTS: [&str; 24] = [
    "古槐",
    "阜桥",
    "济阳",
    "越河",
    "观音阁",
    "仙营",
    "金城",
    "洸河",
    "柳行",
    "南苑",
    "许庄",
    "李营",
    "接庄",
    "石桥",
    "安居",
    "唐口",
    "二十里铺",
    "长沟",
    "喻屯",
    "南张",
    "黄屯",
    "王因",
    "北湖",
    "廉庄",
];

/// The name of the `index`-th subdistrict (街道), from the centre outwards.
pub(super) fn subdistrict(index: usize) -> String {
    match SUBDISTRICTS.get(index) {
        Some(name) => format!("{name}街道"),
        None => {
            let i = index - SUBDISTRICTS.len();
            let round = i / (PREFIX.len() * 8);
            let suffix = if round == 0 { String::new() } else { (round + 1).to_string() };
            format!(
                "{}{}{suffix}街道",
                PREFIX[i % PREFIX.len()],
                ["城", "河", "山", "湖", "桥", "园", "阳", "兴"][i / PREFIX.len() % 8]
            )
        }
    }
}

/// The name of a community (社区) of a subdistrict.
pub(super) fn community(subdistrict: usize, index: usize) -> String {
    let i = subdistrict * 7 + index;
    format!("{}{}社区", ESTATES[i % ESTATES.len()], ["", "新", "东", "西"][i / ESTATES.len() % 4])
}
