//! Nothing but its dependencies: with it in a build, none is compiled twice for a feature more or less.
