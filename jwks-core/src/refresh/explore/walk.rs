//! The walk itself, breadth first.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::refresh::Time;
use crate::refresh::record::Recording;

use super::moves::{Move, Node};
use super::reference::{Broken, Trial};
use super::scene::Scene;
use super::{fingerprint, onward, rebase, seed, traces};

/// How far a walk went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) states: usize,
    pub(super) transitions: usize,
    pub(super) depth: usize,
    /// Nothing was left to visit.
    pub(super) whole: bool,
}

/// How a state was reached first.
#[derive(Clone, Copy, Debug)]
struct Step {
    from: usize,
    step: Option<(Move, u64, Time)>,
    depth: usize,
}

/// Walks until every state was visited, or as many as the limit says.
pub(super) fn walk(scene: &Scene, limit: usize) -> Result<Extent, String> {
    let mut steps = Vec::new();
    let mut known = HashSet::new();
    let mut frontier = VecDeque::new();
    let mut extent = Extent::default();
    let start = begin(scene);
    known.insert(hash(scene, &start));
    steps.push(Step { from: 0, step: None, depth: 0 });
    frontier.push_back((0, start));
    while let Some((place, node)) = frontier.pop_front() {
        let depth = steps[place].depth;
        extent.states += 1;
        extent.depth = extent.depth.max(depth);
        onward::check(scene, &node)
            .map_err(|broken| report_of(scene, &steps, Some((place, None)), &broken))?;
        if steps.len() >= limit {
            continue;
        }
        for &step in &scene.moves {
            if matches!(step, Move::Wall(_)) && node.jumps >= scene.jumps.unwrap_or(0) {
                continue;
            }
            let choices = if node.draws(step) { &seed::CHOICES[..2] } else { &seed::CHOICES[..1] };
            for &choice in choices {
                let Some(next) = node.step(step, choice) else { continue };
                extent.transitions += 1;
                let made = Some((step, choice, node.now));
                let next =
                    next.map_err(|broken| report_of(scene, &steps, Some((place, made)), &broken))?;
                if known.insert(hash(scene, &next)) {
                    steps.push(Step { from: place, step: made, depth: depth + 1 });
                    frontier.push_back((steps.len() - 1, next));
                }
            }
        }
    }
    extent.whole = steps.len() < limit;
    Ok(extent)
}

/// Nobody has called the machine yet.
fn begin(scene: &Scene) -> Node {
    let mut trial = Trial::new(&scene.policy, 0, START);
    trial.machine.rng = seed::drawing(0);
    Node { trial, now: START, wall: scene.jumps.map(|_| WALL), jumps: 0 }
}

/// Two states of one hash are one: of 128 bits, so that no two are mixed up.
fn hash(scene: &Scene, node: &Node) -> (u64, u64) {
    let machine = fingerprint::of(&node.trial.machine, node.now, scene.horizon());
    let model = rebase::of(&node.trial.model);
    let new = node.trial.model.ids.is_empty();
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, &machine, &model, node.jumps, new).hash(&mut hasher);
        hasher.finish()
    };
    (half(0), half(1))
}

/// A move, the choice of jitter, and the time before it.
type Made = (Move, u64, Time);

/// The shortest path to the broken rule, in words.
fn report_of(
    scene: &Scene,
    steps: &[Step],
    last: Option<(usize, Option<Made>)>,
    broken: &Broken,
) -> String {
    let mut path = Vec::new();
    if let Some((mut place, step)) = last {
        path.extend(step);
        while let Some(step) = steps.get(place).filter(|step| step.step.is_some()) {
            path.extend(step.step);
            place = step.from;
        }
    }
    let mut text =
        format!("{}\n{}\nin the scene \"{}\", after:\n", broken.rule, broken.why, scene.name);
    for (step, choice, at) in path.iter().rev() {
        let at = at.saturating_since(START);
        let drawn = if *choice == 0 { "" } else { " (jitter in the middle)" };
        let _ = writeln!(text, "  {at:?}  {step}{drawn}");
    }
    let _ = writeln!(text, "with {:?}", scene.policy);
    path.reverse();
    let _ = writeln!(text, "{}", traces::saved("explore", &recorded(scene, &path)));
    text
}

/// The path as a recording.
fn recorded(scene: &Scene, path: &[Made]) -> Recording {
    let mut node = begin(scene);
    let mut inputs = Vec::new();
    for &(step, choice, _) in path {
        inputs.extend(node.inputs(step, choice));
        match node.step(step, choice) {
            Some(Ok(next)) => node = next,
            _ => break,
        }
    }
    Recording::script(scene.policy.clone(), 0, START, inputs)
}

/// Long after the origin of time, so that what never was is not mistaken for what has just been.
const START: Time = Time::from_origin(core::time::Duration::from_secs(1_000_000));

/// What the wall clock is ahead at first: some days, so that it can go back.
const WALL: i128 = 1_000_000_000_000_000_000;
