//! Times the reading of project pages: `cargo bench --bench pages -- FOLDER` with a
//! folder of page bodies (`*.json`, `*.html`), on one thread. Prints, for all
//! pages together, the best of several rounds.

#![allow(clippy::print_stdout, reason = "printing is what a measurement is for")]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pinfold::index::{Listing, page};
use pinfold::python::ProjectName;
use url::Url;

const ROUNDS: usize = 5;

fn main() {
    let Some(folder) = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
    else {
        println!("usage: cargo bench --bench pages -- FOLDER");
        return;
    };
    let url: Url = "https://index.example/simple/p/".parse().expect("a URL");
    for extension in ["json", "html"] {
        let pages = read(&folder, extension);
        if !pages.is_empty() {
            measure(extension, &pages, &url);
        }
    }
}

fn measure(extension: &str, pages: &[(ProjectName, Vec<u8>)], url: &Url) {
    let bytes: usize = pages.iter().map(|(_, body)| body.len()).sum();
    let mut blobs = Vec::new();
    let mut best = [Duration::MAX; 5];
    let mut counts = (0, 0, 0);
    for _ in 0..ROUNDS {
        let mut times = [Duration::ZERO; 5];
        blobs.clear();
        for (project, body) in pages {
            let start = Instant::now();
            let page = page::parse(body, url).expect("a project page");
            times[0] += start.elapsed();
            let start = Instant::now();
            let listing = Listing::build(project, &page);
            times[1] += start.elapsed();
            drop(page);
            let rows = listing.rows().expect("it was just made").to_vec();
            blobs.push((listing.head().concat(), rows));
        }
        counts = (0, 0, 0);
        for (head, rows) in &blobs {
            let (head, rows) = (head.clone(), Box::new(rows.clone()));
            let start = Instant::now();
            let listing = Listing::open(head, rows).expect("what was built");
            times[2] += start.elapsed();
            counts.0 += listing.len();
            counts.1 += listing.file_count();
            let start = Instant::now();
            for index in 0..listing.len() {
                black_box(listing.version(index));
            }
            times[3] += start.elapsed();
            let start = Instant::now();
            for index in 0..listing.len() {
                counts.2 += black_box(listing.files(index)).len();
            }
            times[4] += start.elapsed();
        }
        for (best, time) in best.iter_mut().zip(times) {
            *best = time.min(*best);
        }
    }
    let heads: usize = blobs.iter().map(|(head, _)| head.len()).sum();
    let stored: usize = heads + blobs.iter().map(|(_, rows)| rows.len()).sum::<usize>();
    println!(
        "{extension}: {} pages, {bytes} bytes, {} versions, {} files; stored {stored} bytes, {heads} in heads",
        pages.len(),
        counts.0,
        counts.1
    );
    for (what, time) in ["parse", "build", "open", "versions", "files"]
        .iter()
        .zip(best)
    {
        // Bytes per microsecond are megabytes per second.
        let rate = bytes as u128 / time.as_micros().max(1);
        let milliseconds = time.as_secs_f64() * 1e3;
        println!("  {what:9} {milliseconds:9.2} ms  {rate:8} MB of page per second");
    }
}

fn read(folder: &str, extension: &str) -> Vec<(ProjectName, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            let name = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            (
                name.parse().expect("a project's name"),
                std::fs::read(&path).expect("a file"),
            )
        })
        .collect()
}
