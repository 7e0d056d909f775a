mod any;
mod checks;
mod derived;
mod idle;
mod written;
