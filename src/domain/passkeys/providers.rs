//! The products behind well-known AAGUIDs.
//!
//! The names are facts that providers publish about themselves, compiled in August 2026. They are for
//! display only, never for policy: with attestation `none` nothing vouches for an AAGUID.

/// The product behind an AAGUID, as far as it is known. For display only.
pub fn provider_name(aaguid: &[u8; 16]) -> Option<&'static str> {
    let number = u128::from_be_bytes(*aaguid);
    let found = PROVIDERS.binary_search_by_key(&number, |(known, _)| *known).ok()?;
    Some(PROVIDERS[found].1)
}

/// AAGUIDs as big-endian numbers, ascending.
const PROVIDERS: [(u128, &str); 52] = [
    (0x08987058_cadc_4b81_b6e1_30de50dcbe96, "Windows Hello"),
    (0x0ea242b4_43c4_4a1b_8b17_dd6d0b6baec6, "Keeper"),
    (0x17290f1e_c212_34d0_1423_365d729f09d9, "Thales PIN iOS SDK"),
    (0x22248c4c_7a12_46e2_9a41_44291b373a4d, "LogMeOnce"),
    (0x39a5647e_1853_446c_a1f6_a79bae9f5bc7, "IDmelon"),
    (0x45e3057e_b2f9_48ed_912f_9b901e153b16, "Uniqkey"),
    (0x50726f74_6f6e_5061_7373_50726f746f6e, "Proton Pass"),
    (0x531126d6_e717_415c_9320_3d9aa6981239, "Dashlane"),
    (0x53414d53_554e_4700_0000_000000000000, "Samsung Pass"),
    (0x5ca471bb_a56d_46ad_a496_67e70e9ed9fb, "Parcel"),
    (0x6028b017_b1d4_4c02_b4b3_afcdafc96bb2, "Windows Hello"),
    (0x65c97700_f5ef_4d5c_8a42_f30e45ac94b7, "Royal Vault"),
    (0x66a0ccb3_bd6a_191f_ee06_e375c50b9846, "Thales Bio iOS SDK"),
    (0x6bb49926_160a_4306_a100_4eb39ba6ac45, "AVG Password Manager"),
    (0x6d212b28_a2c1_4638_b375_5932070f62e9, "initial"),
    (0x70617373_7761_6c6c_6669_646f32303236, "Passwall"),
    (0x771b48fd_d3d4_4f74_9232_fc157ab0507a, "Edge on Mac"),
    (0x87f5ec51_f721_4feb_9fe4_be18c4971894, "PassCard"),
    (0x8836336a_f590_0921_301d_46427531eee6, "Thales Bio Android SDK"),
    (0x891494da_2c90_4d31_a9cd_4eab0aed1309, "Sésame"),
    (0x9addb28c_b46f_4402_808f_019651441ff3, "KeePassPasskey"),
    (0x9ddd1817_af5a_4672_a2b9_3e3dd95000a9, "Windows Hello"),
    (0xa10c6dd9_465e_4226_8198_c7c44b91c555, "Kaspersky Password Manager"),
    (0xa11a5faa_9f32_4b8c_8c5d_2f7d13e8c942, "AliasVault"),
    (0xa4a2d88e_9796_4356_9164_e2a5a8bd019c, "Avast Password Manager"),
    (0xadce0002_35bc_c60a_648b_0b25f1f05503, "Chrome on Mac"),
    (0xb35a26b2_8f6e_4697_ab1d_d44db4da28c6, "Zoho Vault"),
    (0xb5397666_4885_aa6b_cebf_e52262a439a2, "Chromium Browser"),
    (0xb78a0a55_6ef8_d246_a042_ba0f6d55050c, "LastPass"),
    (0xb84e4048_15dc_4dd0_8640_f4f60813c8af, "NordPass"),
    (0xbada5566_a7aa_401f_bd96_45619a55120d, "1Password"),
    (0xbfc748bb_3429_4faa_b9f9_7cfa9f3b76d0, "iPasswords"),
    (0xc9cadfc9_89a9_489e_a25a_c7e86a4d5f15, "Burp Suite Navigation Recorder"),
    (0xcc45f64e_52a2_451b_831a_4edd8022a202, "ToothPic Passkey Provider"),
    (0xcd69adb5_3c7a_deb9_3177_6800ea6cb72a, "Thales PIN Android SDK"),
    (0xd2717a32_9851_48a8_9961_b264c97a411a, "Fenko Vault"),
    (0xd3452668_01fd_4c12_926c_83a4204853aa, "Microsoft Password Manager"),
    (0xd350af52_0351_4ba2_acd3_dfeeadc3f764, "pwSafe"),
    (0xd49b2120_b865_4191_8cea_be84a52b0485, "Heimlane Vault"),
    (0xd548826e_79b4_db40_a3d8_11116f7e8349, "Bitwarden"),
    (0xd9be9d39_e6a6_4c28_a581_32b044d986e4, "Sticky Password Manager"),
    (0xda583154_ce16_4cdf_9fe6_1dba788c0998, "Hey Be Safe"),
    (0xdd4ec289_e01d_41c9_bb89_70fa845d4bf2, "iCloud Keychain (Managed)"),
    (0xde503f9c_21a4_4f76_b4b7_558eb55c6f89, "Devolutions"),
    (0xe7db2bd3_f2fe_4d71_ad78_7e7aa166cfd1, "Avira Password Manager"),
    (0xe8b7f4a2_c3d5_e6f7_890a_b1c2d3e4f567, "Sherlocked"),
    (0xea9b8d66_4d01_1d21_3ce4_b6b48cb575d4, "Google Password Manager"),
    (0xeaecdef2_1c31_5634_8639_f1cbd9c00a08, "KeePassDX"),
    (0xf3809540_7f14_49c1_a8b3_8f813b225541, "Enpass"),
    (0xfa37f553_f9b6_4adb_ac53_8bbb57ebdf0d, "Norton Password Manager"),
    (0xfbfc3007_154e_4ecc_8c0b_6e020557d7bd, "Apple Passwords"),
    (0xfdb141b2_5d84_443e_8a35_4698c205a502, "KeePassXC"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::label::PasskeyName;

    #[test]
    fn the_table_is_sorted_so_that_every_provider_is_found() {
        assert!(PROVIDERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (number, name) in PROVIDERS {
            assert_eq!(provider_name(&number.to_be_bytes()), Some(name));
        }
    }

    #[test]
    fn an_aaguid_nobody_published_has_no_name() {
        assert_eq!(provider_name(&[0; 16]), None);
        assert_eq!(provider_name(&[0xff; 16]), None);
    }

    #[test]
    fn every_provider_name_can_name_a_passkey() {
        for (_, name) in PROVIDERS {
            assert_eq!(PasskeyName::parse(name).unwrap().as_str(), name);
        }
    }
}
