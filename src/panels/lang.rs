//! Languages: Chinese first, English complete.

use bevy::prelude::*;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use std::str::FromStr;
use unic_langid::{LanguageIdentifier, langid};

const ZH: &str = include_str!("../../assets/i18n/zh.ftl");
const EN: &str = include_str!("../../assets/i18n/en.ftl");

/// A language of the user interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl FromStr for Language {
    type Err = String;

    /// A language tag: `zh`, `en`, `zh-CN`, `en-GB`.
    fn from_str(tag: &str) -> Result<Self, String> {
        match tag.split(['-', '_']).next() {
            Some("zh") => Ok(Self::Zh),
            Some("en") => Ok(Self::En),
            _ => Err(format!("`{tag}` is no language of this program: zh or en")),
        }
    }
}

/// The texts of the user interface.
#[derive(Resource)]
pub struct Lang {
    /// The language in use.
    pub language: Language,
    zh: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

impl Default for Lang {
    fn default() -> Self {
        Self { language: Language::Zh, zh: bundle(langid!("zh-CN"), ZH), en: bundle(langid!("en"), EN) }
    }
}

fn bundle(id: LanguageIdentifier, text: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Marks around inserted values are for mixed writing directions, which neither language has.
    bundle.set_use_isolating(false);
    let resource = match FluentResource::try_new(text.to_owned()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            error!("a translation has {} unreadable entries", errors.len());
            resource
        }
    };
    if let Err(errors) = bundle.add_resource(resource) {
        error!("a translation has {} entries twice", errors.len());
    }
    bundle
}

impl Lang {
    /// The text of that id; the id itself when there is none.
    #[must_use]
    pub fn text(&self, id: &str) -> String {
        self.find(id, None).unwrap_or_else(|| id.to_owned())
    }

    /// The text of that id, where there is one.
    #[must_use]
    pub fn known(&self, id: &str) -> Option<String> {
        self.find(id, None)
    }

    /// The text of that id with a value in it.
    #[must_use]
    pub fn with<'a>(&self, id: &str, name: &'a str, value: impl Into<FluentValue<'a>>) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value);
        self.find(id, Some(&args)).unwrap_or_else(|| id.to_owned())
    }

    /// The name of a property of a record; as the source wrote it when it is not known.
    #[must_use]
    pub fn property(&self, name: &str) -> String {
        // What the tileset says, not the feature: `tile.NAME`.
        if let Some((scope, own)) = name.split_once('.')
            && let Some(scope) = self.find(&format!("scope-{scope}"), None)
        {
            return format!("{scope} · {}", self.property(own));
        }
        self.find(&format!("prop-{}", name.to_lowercase()), None).unwrap_or_else(|| name.to_owned())
    }

    /// Chinese or English, as the language is.
    #[must_use]
    pub fn either<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.language == Language::Zh { zh } else { en }
    }

    fn find(&self, id: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = if self.language == Language::Zh { &self.zh } else { &self.en };
        let pattern = bundle.get_message(id)?.value()?;
        Some(bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ids(text: &str) -> BTreeSet<&str> {
        text.lines().filter_map(|l| l.split_once(" = ")).map(|(id, _)| id).collect()
    }

    #[test]
    fn english_is_complete_and_nothing_is_left_over() {
        assert_eq!(ids(ZH), ids(EN));
        assert!(ids(ZH).len() > 100);
    }

    #[test]
    fn tags_are_read() {
        assert_eq!("en-GB".parse(), Ok(Language::En));
        assert_eq!("zh".parse(), Ok(Language::Zh));
        assert!("".parse::<Language>().is_err() && "de".parse::<Language>().is_err());
    }

    #[test]
    fn values_are_put_in() {
        let mut lang = Lang::default();
        assert_eq!(lang.with("case-count", "count", 12), "共 12 件");
        lang.language = Language::En;
        assert_eq!(lang.with("case-count", "count", 12), "12 in all");
        assert_eq!(lang.text("no-such-text"), "no-such-text");
        assert_eq!(lang.property("Height"), "Height (m)");
    }
}
