//! The reader's verdicts in words, for sheets and the command line. Screens translate the codes
//! themselves; the words here are what the clerk finds in the rejected rows.

use super::columns::{Column, Subject};
use super::file_error::FileError;
use super::verdict::{Doubt, Why};

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// 中文.
    #[default]
    Zh,
    /// English.
    En,
}

fn heading(column: Column, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => column.heading_zh(),
        Lang::En => column.name(),
    }
}

/// Why a row is no household: `房号：空白`.
pub fn why_text(column: Column, why: &Why, lang: Lang) -> String {
    let (zh, en) = match why {
        Why::Missing if matches!(column, Column::Kind | Column::FacilityName | Column::Code) => {
            ("空白，无法确定是哪处设施".to_owned(), "empty, so the facility is unknown".to_owned())
        }
        Why::Missing if column == Column::Text => {
            ("空白，没有诉求内容".to_owned(), "empty, nothing is asked".to_owned())
        }
        Why::Missing if matches!(column, Column::GridCode | Column::GridName | Column::Level) => {
            ("空白，无法确定是哪个网格".to_owned(), "empty, so the grid is unknown".to_owned())
        }
        Why::Missing => ("空白，无法确定是哪一户".to_owned(), "empty, so the door is unknown".to_owned()),
        Why::TotalRow { text } => (format!("“{text}”是合计行"), format!("\"{text}\" is a total")),
        Why::RepeatedHeader => ("重复的表头".to_owned(), "the heading once more".to_owned()),
        Why::NoteRow { text } => (format!("“{text}”是说明文字"), format!("\"{text}\" is a remark")),
        Why::NotADoor { text } => (format!("“{text}”不是住户房号"), format!("\"{text}\" is no room of a household")),
        Why::LooksLikeDate { text } => (
            format!("“{text}”被表格软件改成了日期，请改为文本后重填"),
            format!("\"{text}\": the spreadsheet made a date of it; format the cell as text"),
        ),
        Why::Unreadable { text } => (format!("“{text}”含有乱码"), format!("\"{text}\" has lost characters")),
        Why::NotUnderstood { text } => (format!("“{text}”无法识别"), format!("\"{text}\" is not understood")),
    };
    match lang {
        Lang::Zh => format!("{}：{zh}", heading(column, lang)),
        Lang::En => format!("{}: {en}", heading(column, lang)),
    }
}

pub(super) fn duplicate_text(first: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("与第 {first} 行完全重复"),
        Lang::En => format!("the same as row {first}"),
    }
}

pub(super) fn conflict_text(subject: Subject, first: &str, columns: &[Column], lang: Lang) -> String {
    let names: Vec<&str> = columns.iter().map(|c| heading(*c, lang)).collect();
    let (zh, en) = match subject {
        Subject::Households => ("同一户", "door"),
        Subject::Facilities => ("同一处设施", "facility"),
        Subject::Requests => ("同一件诉求", "request"),
        Subject::Grids => ("同一网格", "grid"),
    };
    match lang {
        Lang::Zh => format!("与第 {first} 行是{zh}，但不一致：{}；暂以第 {first} 行为准", names.join("、")),
        Lang::En => format!("the same {en} as row {first}, but different in {}; row {first} stands", names.join(", ")),
    }
}

/// What was odd in a row that was imported.
pub fn doubt_text(column: Column, doubt: &Doubt, lang: Lang) -> String {
    let (zh, en) = match doubt {
        Doubt::ModeUnknown { text } => {
            (format!("“{text}”不是已知的供热方式，已留空"), format!("\"{text}\" is no known heating mode; left empty"))
        }
        Doubt::AreaNotUnderstood { text } => {
            (format!("“{text}”不是面积，已留空"), format!("\"{text}\" is no area; left empty"))
        }
        Doubt::FloorNotUnderstood { text } => {
            (format!("“{text}”不是楼层，已按房号推算"), format!("\"{text}\" is no floor; taken from the room"))
        }
        Doubt::PositionNotUnderstood { text } => {
            (format!("“{text}”不是经纬度，已留空"), format!("\"{text}\" is no latitude and longitude; left empty"))
        }
        Doubt::TimeNotUnderstood { text } => (
            format!("“{text}”不是时间，按导入的时间计"),
            format!("\"{text}\" is no time; taken down when it is imported"),
        ),
        Doubt::AccountCut { text } => {
            (format!("“{text}”末位数字已丢失，已留空"), format!("\"{text}\" has lost its last digits; left empty"))
        }
        Doubt::AccountShared { first_row } => {
            (format!("与第 {} 行户号相同", first_row.row), format!("the same account as row {}", first_row.row))
        }
    };
    match lang {
        Lang::Zh => format!("{}：{zh}", heading(column, lang)),
        Lang::En => format!("{}: {en}", heading(column, lang)),
    }
}

fn megabytes(bytes: u64) -> u64 {
    bytes >> 20
}

/// Why a file is not imported, and what to do.
pub fn file_error_text(error: &FileError, lang: Lang) -> String {
    let (zh, en) = match error {
        FileError::TooLarge { bytes, limit_bytes } => (
            format!("文件有 {} MB，超过上限 {} MB。请按小区拆分后再导入", megabytes(*bytes), megabytes(*limit_bytes)),
            format!(
                "The file has {} MB, more than the {} MB that are read. Split it by estate",
                megabytes(*bytes),
                megabytes(*limit_bytes)
            ),
        ),
        FileError::UnpacksTooLarge { limit_bytes, entry } => (
            format!("工作簿解压后超过 {} MB（{entry}），可能已损坏或含恶意内容，未读取", megabytes(*limit_bytes)),
            format!(
                "The workbook unpacks to more than {} MB ({entry}); damaged or malicious, it was not read",
                megabytes(*limit_bytes)
            ),
        ),
        FileError::SheetTooLarge { sheet, what, limit } => (
            format!("工作表“{sheet}”过大（上限 {limit} {what}），不像住户台账"),
            format!("The sheet {sheet} is larger than a register ({limit} {what})"),
        ),
        FileError::OtherFormat { format } => (
            format!("这不是表格文件（{format}）。请选择 .xlsx、.csv 或 .tsv"),
            format!("This is no table ({format}). Choose .xlsx, .csv or .tsv"),
        ),
        FileError::OldOrLocked => (
            "这是旧版 .xls 或加密的工作簿。请另存为不带密码的 .xlsx".to_owned(),
            "An old .xls workbook, or one with a password. Save it as .xlsx without password".to_owned(),
        ),
        FileError::Damaged { detail } => {
            (format!("文件已损坏，无法读取（{detail}）"), format!("The file is damaged ({detail})"))
        }
        FileError::Empty => ("文件里没有任何内容".to_owned(), "There is nothing in the file".to_owned()),
        FileError::NoRows => ("只有表头，没有住户行".to_owned(), "There is a heading, but no row below it".to_owned()),
        FileError::NoHeader { looked_for, found } => {
            let names = |lang| {
                looked_for.iter().map(|c| heading(*c, lang)).collect::<Vec<_>>().join(if lang == Lang::Zh {
                    "、"
                } else {
                    ", "
                })
            };
            (
                format!("没有找到台账表头：缺少 {}；找到的是：{}", names(Lang::Zh), found.join("、")),
                format!("No heading of a register: missing {}; found: {}", names(Lang::En), found.join(", ")),
            )
        }
        FileError::FormulaErrors { cells, total } => {
            let list = |zh: bool| {
                let each = cells.iter().take(5).map(|c| match (zh, c.error.as_str()) {
                    (true, "=") => format!("{} {}{} 公式未计算", c.sheet, c.column, c.row),
                    (false, "=") => format!("{} {}{} not calculated", c.sheet, c.column, c.row),
                    (_, error) => format!("{} {}{} {error}", c.sheet, c.column, c.row),
                });
                each.collect::<Vec<_>>().join(if zh { "；" } else { "; " })
            };
            (
                format!("有 {total} 个单元格公式出错，未导入任何内容：{}。请改正后重新保存", list(true)),
                format!(
                    "{total} cells hold a formula error, nothing was imported: {}. Mend them and save again",
                    list(false)
                ),
            )
        }
        FileError::OpenQuote { row } => (
            format!("第 {row} 行的引号没有结束，后面的行被吞掉了"),
            format!("Row {row} opens a quotation mark that does not end and swallows the rows after it"),
        ),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}
