//! People and where they work. The same seat always has the same person.

const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "孔", "孙", "周", "徐", "孟", "颜", "曾", "朱", "高", "林", "郭", "马",
    "罗", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "程", "曹", "袁", "邓", "许", "沈", "彭", "吕", "苏", "卢",
    "蒋", "蔡",
];
const GIVEN: [&str; 48] = [
    "伟", "建国", "秀英", "志强", "敏", "丽华", "军", "海涛", "晓东", "玉兰", "鹏", "国庆", "文静", "立新", "春梅",
    "明", "庆祥", "红霞", "兴旺", "永刚", "雪", "广济", "桂芳", "德胜", "宁", "传志", "爱民", "振华", "凤霞", "宪章",
    "辉", "慧", "令军", "祥瑞", "繁森", "庆国", "昭明", "宗海", "毓秀", "维平", "尚文", "兆林", "衍东", "广慧", "佑民",
    "彦博", "静", "浩然",
];

/// A number spread over all bits (splitmix64): the choice of a seat's person.
pub(super) fn spread(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The full name of a public servant.
pub(super) fn name(seat: u64) -> String {
    let h = spread(seat);
    format!("{}{}", SURNAMES[(h % 40) as usize], GIVEN[(h / 40 % 48) as usize])
}

/// The name of a private person, masked.
pub(super) fn masked(seat: u64) -> String {
    let h = spread(seat);
    let stars = if h.is_multiple_of(3) { "*" } else { "**" };
    format!("{}{stars}", SURNAMES[(h / 3 % 40) as usize])
}

/// A telephone number with its middle masked.
pub(super) fn phone(seat: u64) -> String {
    let h = spread(seat ^ 0x7e1e);
    format!("{}****{:04}", ["135", "137", "138", "150", "158", "186", "189"][(h % 7) as usize], h / 7 % 10_000)
}

/// Seats by office: offices do not share people.
pub(super) fn seat(office: u64, number: u64) -> u64 {
    office.wrapping_mul(1_000_003).wrapping_add(number)
}

/// Offices of [`seat`].
pub(super) mod office {
    pub(in super::super) const INSPECTOR: u64 = 1;
    pub(in super::super) const ROAD_CHIEF: u64 = 2;
    pub(in super::super) const ACCEPTANCE: u64 = 3;
    pub(in super::super) const DISPATCH: u64 = 4;
    pub(in super::super) const HANDLER: u64 = 5;
    pub(in super::super) const DUTY: u64 = 6;
    pub(in super::super) const DRIVER: u64 = 7;
    pub(in super::super) const CITIZEN: u64 = 8;
    pub(in super::super) const SECRETARY: u64 = 9;
    pub(in super::super) const SITE: u64 = 10;
    pub(in super::super) const FLOOD: u64 = 11;
}

/// The supervision centre: receives, files and closes cases.
pub(super) const SUPERVISION: &str = "济宁市城市运行监督中心";
/// The command centre: dispatches cases.
pub(super) const COMMAND: &str = "济宁市城市运行管理服务中心指挥科";

/// A department that handles cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Department {
    Enforcement,
    Sanitation,
    Municipal,
    Parks,
    Construction,
    Traffic,
    Water,
    Gas,
    Environment,
    Subdistrict,
}

impl Department {
    /// Its name; that of a subdistrict's office is the subdistrict's.
    pub(super) fn name(self, subdistrict: &str) -> String {
        match self {
            Self::Enforcement => "任城区综合行政执法局".into(),
            Self::Sanitation => "任城区环境卫生服务中心".into(),
            Self::Municipal => "济宁市市政工程管理处".into(),
            Self::Parks => "济宁市园林绿化服务中心".into(),
            Self::Construction => "济宁市住房和城乡建设局".into(),
            Self::Traffic => "济宁市公安局交警支队".into(),
            Self::Water => "济宁市城乡水务局".into(),
            Self::Gas => "济宁中燃燃气服务中心".into(),
            Self::Environment => "济宁市生态环境局任城区分局".into(),
            Self::Subdistrict => format!("{subdistrict}办事处"),
        }
    }

    /// The person of a department who looks after a subdistrict.
    pub(super) fn handler(self, subdistrict: u64) -> String {
        name(seat(office::HANDLER, (self as u64) * 4_096 + subdistrict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_keeps_its_person_and_private_names_are_masked() {
        assert_eq!(name(7), name(7));
        assert_eq!(Department::Parks.handler(3), Department::Parks.handler(3));
        assert!(masked(9).ends_with('*') && phone(9).contains("****"));
        assert!(phone(9).chars().count() == 11);
    }
}
