//! What is wrong in a workbook, for the person who wrote it: where, what, and what was probably meant.

use serde::{Deserialize, Serialize};

use crate::form::Said;

/// The kinds of errors and warnings; stable, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // The names say it; the messages say it in words.
pub enum Code {
    // Sheets and headings.
    SurveySheetMissing,
    ChoicesSheetMissing,
    ExternalChoicesSheetMissing,
    HeadingTwice,
    HeadingAliasTwice,
    HeadingMissing,
    HeadingUnknown,
    HeadingIncomplete,
    NotWellFormed,
    // Names.
    NameMissing,
    NameInvalid,
    NameTaken,
    NameReserved,
    RepeatNameIsRoot,
    RepeatNameTaken,
    ChoiceNameMissing,
    ChoiceNameTaken,
    ChoiceNameHasSpaces,
    // References.
    ReferenceBroken,
    ReferenceWithoutComma,
    ReferenceUnknown,
    ReferenceAmbiguous,
    // Groups and repeats.
    EndWithoutBegin,
    BeginWithoutEnd,
    LoopWithoutList,
    TooDeep,
    TooLarge,
    // Types and their columns.
    TypeMissing,
    TypeUnknown,
    IncludeUnsupported,
    ListMissing,
    ListUnknown,
    ExternalListUnknown,
    FilterMissing,
    FileExtension,
    OtherWithFilter,
    OtherWithoutChoices,
    TableListWithFilter,
    TableListDiffers,
    CalculationMissing,
    LabelMissing,
    BigImageAlone,
    MediaUnknown,
    SelectDataType,
    TriggerInvisible,
    BackgroundTriggerMissing,
    BackgroundCalculation,
    SearchOfFile,
    SearchSharesList,
    InstanceTaken,
    ExternalInstanceTwice,
    InstanceIdRequired,
    // Parameters.
    ParametersSyntax,
    ParameterUnknown,
    AuditName,
    AuditParameter,
    AuditLocationIncomplete,
    RandomizeInvalid,
    SeedInvalid,
    SeedWithoutRandomize,
    RowsNoInteger,
    MaxPixelsNoInteger,
    AppInvalid,
    QualityInvalid,
    IncrementalInvalid,
    ReferenceGeometryUnknown,
    AccuracyNoNumber,
    MockAccuracyInvalid,
    RangeNoNumber,
    RangeZero,
    RangeTooLarge,
    RangeNoMultiple,
    RangeOutside,
    RangeListUnknown,
    RangeLabelsTooMany,
    RangeAppearance,
    RangeChoiceNoNumber,
    RangeChoiceOutside,
    RangeChoiceNoMultiple,
    RangeChoiceNotAtEnds,
    // Entities.
    EntityListTaken,
    EntityListMissing,
    EntityUnderscores,
    EntityPeriod,
    EntityReservedProperty,
    SaveToWithoutEntities,
    SaveToTwice,
    SaveToOnGroup,
    SaveToListUnknown,
    SaveToWithoutList,
    SaveToSyntax,
    SaveToScope,
    EntityLabelMissing,
    EntityUpdateIfMissing,
    EntityIdMissing,
    EntityPlaceTaken,
    EntityScope,
    // Plan and findings.
    RuleWrong,
    // Warnings.
    SheetMisspelt,
    FormIdTwice,
    ChoiceHeadingIgnored,
    ChoiceLabelMissing,
    TranslationMissing,
    TranslationOfOther,
    LanguageCode,
    NameDiffersInCase,
    RowIgnored,
    RowDisabled,
    RepeatLabelMissing,
    ExternalWithoutFilter,
    DeviceFieldGone,
    MaxPixelsMissing,
    ColumnUnknown,
    SettingUnknown,
    PrefixUndeclared,
}

/// What a problem is about, for screens that say it in the author's language before the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A sheet or column is missing, or its heading is not whole.
    Heading,
    /// A heading is there twice.
    HeadingTwice,
    /// The name of a sheet or column looks misspelt.
    Misspelt,
    /// A name is missing.
    NameMissing,
    /// A name that is none.
    NameInvalid,
    /// A name that is taken.
    NameTaken,
    /// `${` without a name.
    ReferenceBroken,
    /// `${name}` means nothing.
    ReferenceUnknown,
    /// `${name}` means several questions.
    ReferenceAmbiguous,
    /// Groups and repeats do not begin and end in pairs.
    Pairs,
    /// The form is too large or too deep.
    TooLarge,
    /// The type of a question.
    Type,
    /// A choice list.
    List,
    /// A label is missing.
    Label,
    /// A calculation is missing.
    Calculation,
    /// The column `parameters`.
    Parameters,
    /// Entities and what is saved to them.
    Entities,
    /// Texts in other languages.
    Translation,
    /// The sheets `plan` and `findings`.
    Rule,
    /// An expression.
    Expression,
    /// A file that the form names is not there.
    FileMissing,
    /// Anything else.
    Other,
}

impl Code {
    /// What it is about.
    #[must_use]
    pub fn topic(self) -> Topic {
        use Code as C;
        match self {
            C::SurveySheetMissing
            | C::ChoicesSheetMissing
            | C::ExternalChoicesSheetMissing
            | C::HeadingMissing
            | C::HeadingIncomplete => Topic::Heading,
            C::HeadingTwice | C::HeadingAliasTwice => Topic::HeadingTwice,
            C::SheetMisspelt | C::ColumnUnknown | C::SettingUnknown | C::HeadingUnknown => Topic::Misspelt,
            C::NameMissing | C::ChoiceNameMissing => Topic::NameMissing,
            C::NameInvalid | C::ChoiceNameHasSpaces => Topic::NameInvalid,
            C::NameTaken | C::NameReserved | C::RepeatNameIsRoot | C::RepeatNameTaken | C::ChoiceNameTaken => {
                Topic::NameTaken
            }
            C::ReferenceBroken | C::ReferenceWithoutComma => Topic::ReferenceBroken,
            C::ReferenceUnknown => Topic::ReferenceUnknown,
            C::ReferenceAmbiguous => Topic::ReferenceAmbiguous,
            C::EndWithoutBegin | C::BeginWithoutEnd => Topic::Pairs,
            C::TooDeep | C::TooLarge => Topic::TooLarge,
            C::TypeMissing | C::TypeUnknown | C::IncludeUnsupported | C::SelectDataType => Topic::Type,
            C::ListMissing | C::ListUnknown | C::ExternalListUnknown | C::FileExtension | C::LoopWithoutList => {
                Topic::List
            }
            C::LabelMissing | C::ChoiceLabelMissing | C::RepeatLabelMissing => Topic::Label,
            C::CalculationMissing | C::BackgroundCalculation => Topic::Calculation,
            C::ParametersSyntax
            | C::ParameterUnknown
            | C::AuditParameter
            | C::RandomizeInvalid
            | C::SeedInvalid
            | C::SeedWithoutRandomize
            | C::RowsNoInteger
            | C::MaxPixelsNoInteger
            | C::QualityInvalid
            | C::RangeNoNumber
            | C::RangeZero
            | C::RangeTooLarge
            | C::RangeNoMultiple
            | C::RangeOutside => Topic::Parameters,
            C::EntityListTaken
            | C::EntityListMissing
            | C::EntityLabelMissing
            | C::EntityIdMissing
            | C::SaveToWithoutEntities
            | C::SaveToTwice
            | C::SaveToOnGroup
            | C::SaveToListUnknown
            | C::SaveToWithoutList
            | C::SaveToSyntax
            | C::SaveToScope => Topic::Entities,
            C::TranslationMissing | C::TranslationOfOther | C::LanguageCode => Topic::Translation,
            C::RuleWrong => Topic::Rule,
            _ => Topic::Other,
        }
    }
}

/// Where something stands in a workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Name of the sheet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Row as the spreadsheet numbers it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// Heading of the column, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl Place {
    pub(super) fn sheet(sheet: &str) -> Place {
        Place { sheet: Some(sheet.to_owned()), ..Place::default() }
    }

    pub(super) fn row(sheet: &str, row: u32) -> Place {
        Place { sheet: Some(sheet.to_owned()), row: Some(row), column: None }
    }

    pub(super) fn column(mut self, column: impl Into<String>) -> Place {
        self.column = Some(column.into());
        self
    }
}

/// An error or a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which kind.
    pub code: Code,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is wrong, in a sentence.
    #[serde(flatten)]
    pub message: Said,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meant: Option<String>,
}

impl Problem {
    pub(super) fn new(code: Code, place: Place, message: impl Into<Said>) -> Problem {
        Problem { code, place, message: message.into(), meant: None }
    }

    pub(super) fn meant(mut self, meant: Option<String>) -> Problem {
        self.meant = meant;
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(sheet) = &self.place.sheet {
            write!(f, "sheet {sheet}")?;
            if let Some(row) = self.place.row {
                write!(f, ", row {row}")?;
            }
            if let Some(column) = &self.place.column {
                write!(f, ", column {column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message.en)?;
        if let Some(meant) = &self.meant {
            write!(f, "; did you mean \"{meant}\"?")?;
        }
        Ok(())
    }
}

/// Errors and warnings on their way.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub errors: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

/// More than anybody reads; a sheet of noise has one per cell.
const MOST: usize = 1_000;

/// Looking for what was meant takes time: after so many errors nothing is suggested any more.
const MOST_SUGGESTIONS: usize = 50;

impl Problems {
    pub fn error(&mut self, problem: Problem) {
        if self.errors.len() < MOST && !self.errors.contains(&problem) {
            self.errors.push(problem);
        }
    }

    /// Whether nothing more is taken.
    pub fn is_full(&self) -> bool {
        self.errors.len() >= MOST
    }

    /// What was probably meant by a name.
    pub fn meant<'a>(&self, word: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
        if self.errors.len() < MOST_SUGGESTIONS { super::name::nearest(word, words) } else { None }
    }

    pub fn warn(&mut self, problem: Problem) {
        if self.warnings.len() < MOST {
            self.warnings.push(problem);
        }
    }
}
