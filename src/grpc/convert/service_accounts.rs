//! ServiceAccountService's messages.

use claviger_proto::time::{read_duration, timestamp};
use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use tonic::Status;

use crate::{
    domain::{
        Result,
        operators::service_accounts::{
            DEFAULT_OVERLAP, NewServiceAccount, Rotation, Wanted, WithKey, parse_name,
        },
    },
    grpc::contracts::admin as pb,
    model::{
        certificate::CertificateName,
        service_account::{Audience, ServiceAccount, ServiceAccountName},
        service_key::{ServiceKey, StoredServiceKey},
    },
};

use super::pages::{self, Page, Sizes};

const PAGE_SIZES: Sizes = Sizes { default: 100, most: 1000 };

/// Reads a service account to be made.
pub(crate) fn new(request: pb::CreateServiceAccountRequest) -> Result<NewServiceAccount> {
    NewServiceAccount::parse(&Wanted {
        name: request.name,
        audiences: request.audiences,
        certificate_names: request.certificate_names,
        is_operator: request.operator,
        without_key: request.without_key,
    })
}

/// The new service account.
pub(crate) fn created(created: &WithKey) -> pb::CreateServiceAccountResponse {
    pb::CreateServiceAccountResponse {
        service_account: Some(account(&created.account)),
        key: key_text(created.key.as_ref()),
    }
}

/// Reads which page is wanted.
pub(crate) fn page(
    request: &pb::ListServiceAccountsRequest,
) -> std::result::Result<Page<ServiceAccountName>, Status> {
    pages::read(request.page_size, &request.page_token, PAGE_SIZES, position)
}

fn position(token: &str) -> Option<ServiceAccountName> {
    let name = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    ServiceAccountName::parse(&name).ok()
}

/// A page of service accounts, made of one more if there is one.
pub(crate) fn listed(
    mut accounts: Vec<ServiceAccount>,
    page_size: u32,
) -> pb::ListServiceAccountsResponse {
    let has_more = accounts.len() > page_size as usize;
    accounts.truncate(page_size as usize);
    let last = accounts.last().filter(|_| has_more).map(|it| it.name.as_str());
    pb::ListServiceAccountsResponse {
        service_accounts: accounts.iter().map(account).collect(),
        next_page_token: last.map(|it| BASE64_URL_SAFE_NO_PAD.encode(it)).unwrap_or_default(),
    }
}

/// Reads whose key is to be replaced. A span that is none is as long as no overlap may be.
pub(crate) fn rotation(request: &pb::RotateServiceAccountKeyRequest) -> Result<Rotation> {
    let overlap = request.overlap.as_ref();
    let overlap = overlap.map_or(DEFAULT_OVERLAP, |it| read_duration(it).unwrap_or(Duration::MAX));
    Rotation::parse(&request.name, overlap)
}

/// The new key.
pub(crate) fn rotated(rotated: &WithKey) -> pb::RotateServiceAccountKeyResponse {
    pb::RotateServiceAccountKeyResponse {
        service_account: Some(account(&rotated.account)),
        key: key_text(rotated.key.as_ref()),
    }
}

/// Reads which service account is to go.
pub(crate) fn name(request: &pb::DeleteServiceAccountRequest) -> Result<ServiceAccountName> {
    parse_name(&request.name)
}

fn key_text(key: Option<&ServiceKey>) -> String {
    key.map_or_else(String::new, |key| key.expose().to_owned())
}

fn account(account: &ServiceAccount) -> pb::ServiceAccount {
    let audiences = account.audiences.iter().map(Audience::as_str);
    let certificate_names = account.certificate_names.iter().map(CertificateName::as_str);
    pb::ServiceAccount {
        name: account.name.as_str().to_owned(),
        audiences: audiences.map(str::to_owned).collect(),
        certificate_names: certificate_names.map(str::to_owned).collect(),
        operator: account.is_operator,
        create_time: Some(timestamp(account.created_at)),
        keys: account.keys.iter().map(key).collect(),
    }
}

fn key(key: &StoredServiceKey) -> pb::ServiceAccountKey {
    pb::ServiceAccountKey {
        prefix: key.prefix.clone(),
        create_time: Some(timestamp(key.created_at)),
        expire_time: key.expires_at.map(timestamp),
    }
}
