mod any;
mod checks;
mod derived;
mod serde_form;
