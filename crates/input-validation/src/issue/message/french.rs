//! French.

use std::fmt::{self, Write};

use super::{Breach, Limits, Words, code, find};

const WORDS: Words = &[
    (code::AMOUNT, "doit \u{ea}tre un montant en chiffres simples"),
    (code::AMOUNT_DECIMALS, "a plus de d\u{e9}cimales que la monnaie"),
    (code::BIDI, "ne doit pas contenir de caract\u{e8}res qui changent le sens du texte"),
    (code::CHARSET, "contient un caract\u{e8}re qui n'est pas admis ici"),
    (code::CHOICE, "doit \u{ea}tre l'une des valeurs propos\u{e9}es"),
    (code::CONTROL, "ne doit pas contenir de caract\u{e8}res de contr\u{f4}le"),
    (code::CURRENCY, "doit \u{ea}tre un code de monnaie ISO 4217"),
    (code::CSV, "doit \u{ea}tre un tableau selon la RFC 4180"),
    (code::CURSOR, "doit \u{ea}tre un curseur de cette liste, inchang\u{e9} et r\u{e9}cent"),
    (code::DUPLICATE, "ne doit appara\u{ee}tre qu'une fois"),
    (code::EMAIL, "doit \u{ea}tre une adresse e-mail"),
    (code::EXPANSION, "ne doit pas devenir si grand \u{e0} l'affichage"),
    (code::FILE_CONTENT, "doit \u{ea}tre un seul fichier entier et rien d'autre"),
    (code::FILE_KIND, "doit \u{ea}tre un fichier d'un type admis ici"),
    (code::FILE_NAME, "doit \u{ea}tre un nom de fichier sans chemin"),
    (code::INVALID, "doit \u{ea}tre valide"),
    (code::INVISIBLE, "ne doit pas contenir de caract\u{e8}res invisibles"),
    (code::MISSING, "doit \u{ea}tre pr\u{e9}sent"),
    (code::MIXED_SCRIPTS, "ne doit pas m\u{ea}ler des \u{e9}critures qui se ressemblent"),
    (code::PATTERN, "doit avoir la forme de ce champ"),
    (code::REDIRECT, "doit \u{ea}tre une page de ce site"),
    (code::SAME_AS, "doit \u{ea}tre \u{e9}gal \u{e0} l'autre champ"),
    (code::SYNTAX, "doit \u{ea}tre du JSON"),
    (code::TYPE_ARRAY, "doit \u{ea}tre un tableau"),
    (code::TYPE_BOOLEAN, "doit \u{ea}tre vrai ou faux"),
    (code::TYPE_INTEGER, "doit \u{ea}tre un nombre entier"),
    (code::TYPE_NUMBER, "doit \u{ea}tre un nombre"),
    (code::TYPE_OBJECT, "doit \u{ea}tre un objet"),
    (code::TYPE_TEXT, "doit \u{ea}tre un texte"),
    (code::UNKNOWN, "ne doit pas avoir de noms inconnus ici"),
    (code::URL, "doit \u{ea}tre une URL http ou https"),
];

/// What rules with bounds count.
const UNITS: Words = &[
    (code::BYTES, "octets"),
    (code::CHARS, "caract\u{e8}res"),
    (code::DEPTH, "niveaux"),
    (code::ITEMS, "\u{e9}l\u{e9}ments"),
    (code::KEYS, "noms ou \u{e9}l\u{e9}ments"),
    (code::RANGE, ""),
];

pub(super) fn write(breach: &Breach, out: &mut impl Write) -> fmt::Result {
    match find(UNITS, breach) {
        Some(unit) => bounds(breach, unit, out),
        None => out.write_str(find(WORDS, breach).unwrap_or_else(|| breach.code().says())),
    }
}

fn bounds(breach: &Breach, unit: &str, out: &mut impl Write) -> fmt::Result {
    let verb = if unit.is_empty() { "doit \u{ea}tre" } else { "doit avoir" };
    out.write_str(verb)?;
    match Limits::of(breach) {
        Limits::Exactly(number) => write!(out, " exactement {number}")?,
        Limits::Between(min, max) => write!(out, " de {min} \u{e0} {max}")?,
        Limits::AtMost(max) => write!(out, " au plus {max}")?,
        Limits::AtLeast(min) => write!(out, " au moins {min}")?,
    }
    if unit.is_empty() { Ok(()) } else { write!(out, " {unit}") }
}
