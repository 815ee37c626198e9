//! Differences and flaws in words.

use huce_core::form::{What, xlsform::Topic};

use crate::i18n::*;

/// What is different.
pub fn what_words(i18n: I18n, what: What) -> &'static str {
    match what {
        What::Added => t_string!(i18n, forms.w_added),
        What::Removed => t_string!(i18n, forms.w_removed),
        What::Kind => t_string!(i18n, forms.w_kind),
        What::ChoicesAdded => t_string!(i18n, forms.w_choices_added),
        What::ChoicesRemoved => t_string!(i18n, forms.w_choices_removed),
        What::ChoiceText => t_string!(i18n, forms.w_choice_text),
        What::Label => t_string!(i18n, forms.w_label),
        What::Hint => t_string!(i18n, forms.w_hint),
        What::Message => t_string!(i18n, forms.w_message),
        What::Relevant => t_string!(i18n, forms.w_relevant),
        What::Required => t_string!(i18n, forms.w_required),
        What::Constraint => t_string!(i18n, forms.w_constraint),
        What::Calculation => t_string!(i18n, forms.w_calculation),
        What::Readonly => t_string!(i18n, forms.w_readonly),
        What::ChoiceFilter => t_string!(i18n, forms.w_choice_filter),
        What::Count => t_string!(i18n, forms.w_count),
        What::Default => t_string!(i18n, forms.w_default),
        What::Settings => t_string!(i18n, forms.w_settings),
        What::Title => t_string!(i18n, forms.w_title),
        What::LanguageAdded => t_string!(i18n, forms.w_language_added),
        What::LanguageRemoved => t_string!(i18n, forms.w_language_removed),
        What::RuleAdded => t_string!(i18n, forms.w_rule_added),
        What::RuleRemoved => t_string!(i18n, forms.w_rule_removed),
        What::RuleCondition => t_string!(i18n, forms.w_rule_condition),
        What::RuleText => t_string!(i18n, forms.w_rule_text),
        What::RuleTerms => t_string!(i18n, forms.w_rule_terms),
    }
}

/// What a flaw is about; none where only its message says it.
pub fn topic_words(i18n: I18n, topic: Topic) -> Option<&'static str> {
    Some(match topic {
        Topic::Heading => t_string!(i18n, forms.t_heading),
        Topic::HeadingTwice => t_string!(i18n, forms.t_heading_twice),
        Topic::Misspelt => t_string!(i18n, forms.t_misspelt),
        Topic::NameMissing => t_string!(i18n, forms.t_name_missing),
        Topic::NameInvalid => t_string!(i18n, forms.t_name_invalid),
        Topic::NameTaken => t_string!(i18n, forms.t_name_taken),
        Topic::ReferenceBroken => t_string!(i18n, forms.t_reference_broken),
        Topic::ReferenceUnknown => t_string!(i18n, forms.t_reference_unknown),
        Topic::ReferenceAmbiguous => t_string!(i18n, forms.t_reference_ambiguous),
        Topic::Pairs => t_string!(i18n, forms.t_pairs),
        Topic::TooLarge => t_string!(i18n, forms.t_too_large),
        Topic::Type => t_string!(i18n, forms.t_type),
        Topic::List => t_string!(i18n, forms.t_list),
        Topic::Label => t_string!(i18n, forms.t_label),
        Topic::Calculation => t_string!(i18n, forms.t_calculation),
        Topic::Parameters => t_string!(i18n, forms.t_parameters),
        Topic::Entities => t_string!(i18n, forms.t_entities),
        Topic::Translation => t_string!(i18n, forms.t_translation),
        Topic::Rule => t_string!(i18n, forms.t_rule),
        Topic::Expression => t_string!(i18n, forms.t_expression),
        Topic::FileMissing => t_string!(i18n, forms.t_file_missing),
        Topic::Other => return None,
    })
}
