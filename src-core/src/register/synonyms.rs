//! The names under which columns were seen. To teach the reader a new heading, add it here; nothing
//! else has to change.

use super::columns::Column;

/// Headings by column, best first: when a sheet has two of one column (建筑面积 and 供热面积), the
/// earlier name wins and the other column is listed as unused. Separated by spaces.
///
/// Written in the form that [`super::columns::normal_heading`] makes: lower case, without spaces,
/// brackets and marks. The first name is the one that sheets are written with.
pub const SYNONYMS: &[(Column, &str)] = &[
    (
        Column::Estate,
        "小区 小区名称 所属小区 小区名 楼盘 楼盘名称 项目 项目名称 院落 家属院 社区小区 住宅小区 estate \
         community compound 小區",
    ),
    (
        Column::Building,
        "楼栋 楼号 楼栋号 栋号 幢号 楼幢 楼幢号 楼座 座号 楼 栋 幢 座 号楼 楼栋名称 楼宇 所在楼栋 \
         楼栋编号 building block 樓棟",
    ),
    (Column::Entrance, "单元 单元号 单元编号 单元名称 门栋 所在单元 entrance unit 單元"),
    (Column::Floor, "楼层 层 层号 所在楼层 楼层号 所在层 floor storey 樓層"),
    (
        Column::Room,
        "房号 房间号 房间 室号 房屋号 门牌 门牌号 户室号 户室 室 房屋编号 房间编号 门号 户门号 room \
         roomno door flat 房號",
    ),
    (
        Column::Address,
        "地址 详细地址 住址 家庭住址 用热地址 供热地址 房屋地址 房屋坐落 坐落 用户地址 住户地址 \
         楼栋单元房号 楼栋-单元-房号 楼单元房 楼-单元-房号 门址 房产地址 address",
    ),
    (
        Column::Account,
        "户号 用户编号 用户号 用户编码 热用户编号 用热户号 客户编号 客户号 用热编号 供热编号 供热户号 \
         收费编号 缴费编号 缴费号 缴费户号 户编号 卡号 账号 账户号 用户代码 account accountno \
         accountnumber",
    ),
    (
        Column::AreaM2,
        "建筑面积 面积 房屋面积 供热面积 用热面积 收费面积 计费面积 采暖面积 供暖面积 建面 产权面积 \
         合同面积 套内面积 使用面积 area aream2",
    ),
    (
        Column::Mode,
        "供热方式 供暖方式 采暖方式 供热形式 供暖形式 采暖形式 系统形式 采暖系统 供热系统 供热类型 \
         供暖类型 采暖类型 取暖方式 管道形式 管网形式 室内系统形式 室内系统 连接方式 mode heatingmode",
    ),
    (
        Column::Name,
        "户主 户主姓名 业主 业主姓名 姓名 用户姓名 用户名称 用户名 客户姓名 客户名称 住户姓名 住户 用热人 \
         用热户名 户名 联系人 居民姓名 name owner householder",
    ),
    (
        Column::Phone,
        "联系电话 电话 手机 手机号 手机号码 电话号码 联系方式 联系号码 业主电话 户主电话 住户电话 \
         移动电话 联系手机 联系电话1 电话1 phone mobile tel",
    ),
    (
        Column::Care,
        "重点关注 特殊人群 重点人群 特殊群体 重点群体 关爱对象 关怀对象 关爱标签 关注类别 关注标签 \
         人群类别 人群标签 特殊情况 困难类别 帮扶类别 重点关注人群 care caretags",
    ),
    (Column::GridCode, "网格编号 网格 网格编码 网格号 所属网格 网格代码 所在网格 网格名称 微网格 grid gridcode"),
    (
        Column::Inspector,
        "专管员 专管员姓名 责任人 网格专管员 供热专管员 负责人 责任专管员 服务专员 客户经理 包保人 网格员 \
         inspector",
    ),
    (Column::Note, "备注 说明 备注说明 其他 其它 附注 note notes remark remarks"),
];

/// The same for registers of facilities.
pub const FACILITY_SYNONYMS: &[(Column, &str)] = &[
    (Column::Kind, "设施类别 类别 设施类型 类型 设施种类 种类 设备类型 设备类别 kind type category"),
    (
        Column::FacilityName,
        "设施名称 名称 设备名称 站名 站点名称 热力站名称 热力站 换热站名称 换热站 井名 管段名称 管线名称 车辆名称 位置名称 name \
         facility facilityname",
    ),
    (
        Column::Code,
        "设施编号 编号 编码 设施编码 设备编号 站号 井号 管段编号 车牌号 车牌 车牌号码 号牌 code number no id plate",
    ),
    (Column::Latitude, "纬度 北纬 lat latitude"),
    (Column::Longitude, "经度 东经 lon lng longitude"),
    (Column::Estate, "小区 小区名称 所属小区 小区名 院落 家属院 estate community"),
    (Column::Building, "楼栋 楼号 楼栋号 栋号 building"),
    (Column::GridCode, "网格编号 网格 网格编码 网格号 网格代码 grid gridcode"),
    (Column::Note, "备注 说明 备注说明 其他 note notes remark remarks"),
];

/// The same for files of requests.
pub const REQUEST_SYNONYMS: &[(Column, &str)] = &[
    (Column::Number, "工单编号 工单号 编号 受理编号 受理单号 诉求编号 流水号 单号 number no id ticket"),
    (
        Column::TakenAt,
        "受理时间 来电时间 登记时间 诉求时间 反映时间 接收时间 派单时间 创建时间 时间 日期 takenat time date",
    ),
    (Column::Channel, "诉求来源 来源 渠道 受理渠道 来源渠道 反映渠道 channel source"),
    (Column::Matter, "诉求类别 类别 诉求类型 问题类型 问题类别 事项类别 类型 category kind"),
    (Column::Severity, "轻重 紧急程度 严重程度 级别 等级 severity"),
    (
        Column::Text,
        "诉求内容 内容 问题描述 反映内容 诉求 诉求描述 主要内容 工单内容 事项内容 描述 text content description",
    ),
    (Column::Estate, "小区 小区名称 所属小区 小区名 院落 家属院 estate community"),
    (Column::Building, "楼栋 楼号 楼栋号 栋号 building"),
    (Column::Entrance, "单元 单元号 entrance unit"),
    (Column::Room, "房号 房间号 室号 门牌号 room"),
    (Column::Address, "地址 详细地址 住址 用热地址 事发地址 问题地址 诉求地址 反映地址 address"),
    (Column::Phone, "联系电话 电话 手机 手机号 来电号码 回访电话 联系方式 phone mobile tel"),
    (Column::GridCode, "网格编号 网格 网格编码 网格号 网格代码 grid gridcode"),
];

/// The same for tables of grids, and for the properties of GeoJSON.
pub const GRID_SYNONYMS: &[(Column, &str)] = &[
    (Column::GridCode, "网格编号 编号 网格编码 编码 网格号 网格代码 网格 grid gridcode code id"),
    (Column::GridName, "网格名称 名称 网格名 gridname name"),
    (Column::Level, "网格级别 级别 网格层级 层级 网格类型 类型 level type"),
    (Column::Parent, "上级网格 上级 上级编号 上级网格编号 上级编码 父网格 上级网格名称 parent parentcode above"),
    (Column::Community, "社区 社区名称 community"),
    (Column::Estate, "小区 小区名称 院落 家属院 覆盖小区 estate estates"),
    (Column::Building, "楼栋 楼号 楼栋号 栋号 覆盖楼栋 building buildings"),
    (Column::Entrance, "单元 单元号 覆盖单元 entrance entrances"),
    (Column::Boundary, "边界 范围 边界坐标 网格边界 wkt boundary polygon geometry"),
    (Column::Note, "备注 说明 note notes remark remarks"),
];
