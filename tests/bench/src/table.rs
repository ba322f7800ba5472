//! The one table: what, ours, the peer's, the ratio, the bar.

use std::fmt::Write;

use crate::bar::{Bar, Verdict};

pub struct Row {
    pub what: String,
    pub ours: Option<f64>,
    pub peer: Option<f64>,
    pub decimals: usize,
    pub bar: Option<Bar>,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        self.ours.zip(self.peer).filter(|(_, peer)| *peer > 0.0).map(|(ours, peer)| ours / peer)
    }

    pub fn verdict(&self) -> Option<Verdict> {
        self.bar.as_ref().map(|bar| bar.judge(self.ours, self.ratio()))
    }

    fn cells(&self) -> [String; 6] {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| grouped(value, self.decimals));
        let bar = match &self.bar {
            Some(Bar::Count(most) | Bar::Time(most)) => {
                format!("≤ {}", grouped(*most, usize::from(most.fract() != 0.0)))
            }
            Some(Bar::Ratio(most)) => format!("ratio ≤ {most}"),
            None => String::new(),
        };
        let verdict = match self.verdict() {
            Some(Verdict::Met) => "met",
            Some(Verdict::Missed) => "MISSED",
            Some(Verdict::Over) => "over",
            Some(Verdict::NotMeasured) => "not measured",
            None => "",
        };
        let ratio = self.ratio().map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        [self.what.clone(), number(self.ours), number(self.peer), ratio, bar, verdict.to_owned()]
    }
}

/// Markdown, aligned so that it reads in a terminal too.
pub fn text(rows: &[Row]) -> String {
    let head = ["what", "oauthclient", "libcurl + jansson", "ratio", "bar", ""].map(str::to_owned);
    let lines: Vec<[String; 6]> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let widths: [usize; 6] =
        std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
            let number = (1..=3).contains(&column);
            // Writing to a String cannot fail.
            let _ = if number { write!(text, "| {cell:>width$} ") } else { write!(text, "| {cell:<width$} ") };
        }
        text.push_str("|\n");
        if index == 0 {
            for (column, width) in widths.into_iter().enumerate() {
                let number = (1..=3).contains(&column);
                text.push('|');
                text.push_str(&"-".repeat(width + 1 + usize::from(!number)));
                text.push_str(if number { ":" } else { "" });
            }
            text.push_str("|\n");
        }
    }
    text
}

/// A number that has no peer.
pub struct Figure {
    pub what: String,
    pub value: f64,
    pub decimals: usize,
}

/// Figures alone, aligned too.
pub fn list(figures: &[Figure]) -> String {
    let lines: Vec<(&str, String)> =
        figures.iter().map(|figure| (&*figure.what, grouped(figure.value, figure.decimals))).collect();
    let width = lines.iter().map(|(what, _)| what.chars().count()).max().unwrap_or(0);
    let numbers = lines.iter().map(|(_, number)| number.chars().count()).max().unwrap_or(0);
    let mut text =
        format!("| {:width$} | {:numbers$} |\n|{}|{}:|\n", "", "", "-".repeat(width + 2), "-".repeat(numbers + 1));
    for (what, number) in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {what:width$} | {number:>numbers$} |");
    }
    text
}

/// 207913.4 as 207,913.
fn grouped(value: f64, decimals: usize) -> String {
    let plain = format!("{value:.decimals$}");
    let whole = plain.find('.').unwrap_or(plain.len());
    let start = usize::from(plain.starts_with('-'));
    let mut text = String::new();
    for (index, digit) in plain.char_indices() {
        if index > start && index < whole && (whole - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
