//! Times the hot spots of a compilation, each alone, with criterion:
//! `cargo bench --bench hot [-- PART-OF-A-NAME]`, in about a minute.
//!
//! What is read is made up in [`made`] and the same in each run. Criterion keeps the last
//! run's times in `target/criterion` and says what has changed since. These are times, and
//! belong to the machine; what guards against regressions is `tests/tools/counts.py`.

mod made;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use pinfold::index::{CoreMetadata, Listing, page};
use pinfold::lock::{self, Style};
use pinfold::python::{ProjectName, Requirement, Specifiers, Version};
use url::Url;

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500))
        .configure_from_args();
    pages(&mut criterion);
    listings(&mut criterion);
    metadata(&mut criterion);
    versions(&mut criterion);
    locks(&mut criterion);
    resolutions(&mut criterion);
    criterion.final_summary();
}

fn listing(body: &[u8]) -> Listing {
    let url: Url = "https://index.example/simple/made-up/"
        .parse()
        .expect("a URL");
    let project: ProjectName = "made-up".parse().expect("a project's name");
    let page = page::parse(body, &url).expect("a project page");
    let listing = Listing::build(&project, &page);
    let versions = usize::try_from(made::VERSIONS).expect("few versions");
    assert_eq!(
        listing.len(),
        versions,
        "the page is not read as it was meant"
    );
    listing
}

fn pages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("page");
    for (kind, body) in [("json", made::json_page()), ("html", made::html_page())] {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(format!("{kind}, 2000 files"), |bencher| {
            bencher.iter(|| listing(black_box(body.as_bytes())));
        });
    }
    group.finish();
}

fn listings(criterion: &mut Criterion) {
    let fresh = listing(made::json_page().as_bytes());
    let rows = fresh.rows().expect("it was just made").to_vec();
    let stored = (fresh.head().concat(), rows);
    let open = |(head, rows): (Vec<u8>, Vec<u8>)| {
        Listing::open(head, Box::new(rows)).expect("what was stored")
    };
    let wanted: Version = made::version(150).parse().expect("a version");
    let mut group = criterion.benchmark_group("listing");
    let mut measure = |what: &str, read: &dyn Fn(&Listing) -> usize| {
        group.bench_function(what, |bencher| {
            let setup = || stored.clone();
            let routine = |stored| {
                let listing = open(stored);
                (read(&listing), listing)
            };
            bencher.iter_batched(setup, routine, BatchSize::SmallInput);
        });
    };
    measure("open", &Listing::len);
    measure("open, find a version, read its files", &|listing| {
        let index = listing.find(&wanted).expect("a version of the page");
        listing.files(index).len()
    });
    measure("open, read all versions", &|listing| {
        (0..listing.len())
            .filter(|&index| listing.version(index).any_prerelease())
            .count()
    });
    group.finish();
}

fn metadata(criterion: &mut Criterion) {
    let (file, requirements) = (made::metadata(), made::requirements());
    let mut group = criterion.benchmark_group("metadata");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("fields of a file", |bencher| {
        bencher.iter(|| CoreMetadata::parse(black_box(file.as_bytes())).expect("metadata"));
    });
    group.throughput(Throughput::Elements(requirements.len() as u64));
    group.bench_function("60 requirements", |bencher| {
        let parse = |text: &String| Requirement::parse_metadata(text).expect("a requirement");
        bencher.iter(|| requirements.iter().map(parse).collect::<Vec<_>>());
    });
    group.finish();
}

fn versions(criterion: &mut Criterion) {
    const SPECIFIERS: [&str; 6] = [
        ">=1.2,<3",
        "~=2.1.0",
        "==1.*",
        "!=1.1.*,>=1.0,!=2.0.1",
        "<=2.5.0",
        "==2.2.2",
    ];
    let texts: Vec<String> = (0..made::VERSIONS).map(made::version).collect();
    let parse = |text: &String| text.parse::<Version>().expect("a version");
    // Neither in order nor against it.
    let mixed: Vec<Version> = (0..texts.len())
        .map(|index| parse(&texts[index * 77 % texts.len()]))
        .collect();
    let mut group = criterion.benchmark_group("version");
    group.bench_function("parse 200", |bencher| {
        bencher.iter(|| texts.iter().map(parse).collect::<Vec<_>>());
    });
    group.bench_function("sort 200", |bencher| {
        bencher.iter_batched_ref(
            || mixed.clone(),
            |mixed| mixed.sort(),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("parse 6 specifiers, make their ranges", |bencher| {
        let parse = |text| {
            let specifiers = Specifiers::parse(black_box(text)).expect("specifiers");
            specifiers.ranges();
            specifiers
        };
        bencher.iter(|| SPECIFIERS.map(parse));
    });
    let specifiers = SPECIFIERS.map(|text| Specifiers::parse(text).expect("specifiers"));
    group.bench_function("200 against each of 6 specifiers", |bencher| {
        let passing = |specifiers: &Specifiers| {
            let passes = |version: &&Version| specifiers.contains(version);
            mixed.iter().filter(passes).count()
        };
        bencher.iter(|| black_box(&specifiers).iter().map(passing).sum::<usize>());
    });
    group.finish();
}

fn locks(criterion: &mut Criterion) {
    let (lock, style) = (made::lock(), Style::default());
    let text = lock::render(&lock, &style);
    let read = lock::read(&text);
    assert!(
        read.pins.len() == lock.pins.len() && read.problems.is_empty(),
        "the lock is not read as it was meant"
    );
    let mut group = criterion.benchmark_group("lock");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("write 500 pins", |bencher| {
        bencher.iter(|| lock::render(black_box(&lock), &style));
    });
    group.bench_function("read 500 pins", |bencher| {
        bencher.iter(|| lock::read(black_box(&text)));
    });
    group.finish();
}

fn resolutions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resolve");
    for (what, projects, pins) in [
        ("300 projects", made::Projects::plain(), 300),
        ("8 conflicts", made::Projects::knotted(), 24),
    ] {
        assert_eq!(projects.resolve().chosen.len(), pins, "{what}");
        group.bench_function(what, |bencher| bencher.iter(|| projects.resolve()));
    }
    group.finish();
}
