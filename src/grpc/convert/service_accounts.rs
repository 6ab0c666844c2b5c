//! ServiceAccountService's messages.

use std::time::Duration;

use claviger_proto::time::{read_duration, timestamp};
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
        role::Role,
        service_account::{Audience, ServiceAccount, ServiceAccountName},
        service_key::{ServiceKey, StoredServiceKey},
    },
};

use super::pages::{self, Page, Sizes};

const PAGE_SIZES: Sizes = Sizes { default: 100, most: 1000 };

/// Reads a service account to create.
pub(crate) fn new(request: pb::CreateServiceAccountRequest) -> Result<NewServiceAccount> {
    NewServiceAccount::parse(&Wanted {
        name: request.name,
        audiences: request.audiences,
        certificate_names: request.certificate_names,
        role: role_name(request.role).to_owned(),
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

/// Reads the requested page.
pub(crate) fn page(
    request: &pb::ListServiceAccountsRequest,
) -> std::result::Result<Page<ServiceAccountName>, Status> {
    pages::read(request.page_size, &request.page_token, PAGE_SIZES, position)
}

fn position(name: &[u8]) -> Option<ServiceAccountName> {
    ServiceAccountName::parse(str::from_utf8(name).ok()?).ok()
}

/// A page of service accounts. One account more than `page_size` means that another page follows.
pub(crate) fn listed(
    mut accounts: Vec<ServiceAccount>,
    page_size: u32,
) -> pb::ListServiceAccountsResponse {
    let has_more = accounts.len() > page_size as usize;
    accounts.truncate(page_size as usize);
    let last = accounts.last().filter(|_| has_more).map(|it| it.name.as_str());
    pb::ListServiceAccountsResponse {
        service_accounts: accounts.iter().map(account).collect(),
        next_page_token: last.map(pages::token).unwrap_or_default(),
    }
}

/// Reads which key to rotate. An overlap out of range becomes one that is longer than allowed.
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

/// Reads the name of the service account to delete.
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
        role: account.role.map_or(pb::Role::Unspecified, role).into(),
        create_time: Some(timestamp(account.created_at)),
        keys: account.keys.iter().map(key).collect(),
    }
}

fn role(role: Role) -> pb::Role {
    match role {
        Role::Reader => pb::Role::Reader,
        Role::HelpDesk => pb::Role::HelpDesk,
        Role::Admin => pb::Role::Admin,
    }
}

/// The name of a role; for a value that the server does not know, one that is refused.
fn role_name(value: i32) -> &'static str {
    if value == i32::from(pb::Role::Unspecified) {
        return "";
    }
    Role::ALL.into_iter().find(|it| i32::from(role(*it)) == value).map_or("unknown", Role::name)
}

fn key(key: &StoredServiceKey) -> pb::ServiceAccountKey {
    pb::ServiceAccountKey {
        prefix: key.prefix.clone(),
        create_time: Some(timestamp(key.created_at)),
        expire_time: key.expires_at.map(timestamp),
    }
}
