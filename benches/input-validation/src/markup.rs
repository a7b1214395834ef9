//! Markdown of four kilobytes to HTML that is safe.

use std::hint::black_box;

use comrak::options::Extension;
use harness::Contestant;
use palisade_input_validation::render_markdown;
use pulldown_cmark::{Options, Parser, html};

use crate::contestant;

/// An announcement with every construct that people use, again and again up to the size.
const PART: &str = "\
## Exams of the winter term\n\n\
The exams begin on **Monday, 7 December**. Please read the [plan of the rooms](/exams/rooms) and the \
[rules of the ministry](https://example.org/rules/2026?part=2) before you come; *nobody* is let in later \
than ten minutes after the beginning.\n\n\
- Bring your card and a pen that writes blue.\n\
- Telephones stay outside, `off` and in a bag.\n\
- Whoever is ill writes to <office@school.example>.\n\n\
1. Mathematics\n2. Physics\n3. Chemistry\n\n\
> What is not yours is not to be used: neither the notes of others nor what stands on the wall.\n\n\
| Subject | Room | Hour |\n|:--------|:----:|-----:|\n\
| Mathematics | 12 | 8:00 |\n| Physics | 14 | 10:30 |\n| Chemistry | 3 & 4 | 13:00 |\n\n\
~~The exam in Geography is on Friday.~~ It has been moved.\n\n";

fn source() -> String {
    PART.repeat(4096 / PART.len() + 1).chars().take(4096).collect()
}

pub(crate) fn markdown() -> Vec<Contestant> {
    let [ours, comrak, pulldown, floor] = [(); 4].map(|()| source());
    vec![
        contestant("palisade-input-validation", move || {
            render_markdown(black_box(&ours)).expect("within the bounds")
        }),
        contestant("comrak 0.59, then ammonia 4.2", move || {
            let mut options = comrak::Options::default();
            options.extension = Extension { table: true, strikethrough: true, ..options.extension };
            let html = comrak::markdown_to_html(black_box(&comrak), &options);
            ammonia::clean(&html)
        }),
        contestant("pulldown-cmark 0.13, then ammonia 4.2", move || {
            ammonia::clean(&by_pulldown(black_box(&pulldown)))
        }),
        contestant("floor: pulldown-cmark 0.13, scripts and all", move || {
            by_pulldown(black_box(&floor))
        }),
    ]
}

fn by_pulldown(source: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut html = String::with_capacity(source.len() * 3 / 2);
    html::push_html(&mut html, Parser::new_ext(source, options));
    html
}
