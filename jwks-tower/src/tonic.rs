//! Refusals as statuses of tonic.

use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use crate::answer::PUSHBACK;
use crate::{Answer, GrpcCode, Refused};

impl From<GrpcCode> for Code {
    fn from(code: GrpcCode) -> Self {
        Self::from_i32(code.number().into())
    }
}

/// With `grpc-retry-pushback-ms` in its metadata, if it is known when another try may pass.
impl From<&Answer> for Status {
    fn from(answer: &Answer) -> Self {
        let mut status = Self::new(answer.grpc_code().into(), answer.text());
        if let Some(millis) = answer.pushback_millis() {
            status.metadata_mut().insert(PUSHBACK, MetadataValue::from(millis));
        }
        status
    }
}

/// So that a handler can say `Caller::<T>::of(request.extensions())?`.
impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        Self::from(&refused.answer())
    }
}
