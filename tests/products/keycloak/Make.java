import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.keycloak.common.crypto.CryptoIntegration;
import org.keycloak.credential.hash.PasswordHashProvider;
import org.keycloak.credential.hash.Pbkdf2PasswordHashProvider;
import org.keycloak.crypto.hash.Argon2PasswordHashProvider;
import org.keycloak.models.credential.PasswordCredentialModel;

/** A realm export of Keycloak, with hashes by Keycloak's own classes at its own defaults. */
public class Make {
    public static void main(String[] arguments) throws Exception {
        CryptoIntegration.init(Make.class.getClassLoader());
        ObjectMapper json = new ObjectMapper();
        Map<?, ?> passwords = json.readValue(Path.of("../passwords.json").toFile(), Map.class);

        Map<String, PasswordHashProvider> providers = new LinkedHashMap<>();
        providers.put("pbkdf2", new Pbkdf2PasswordHashProvider("pbkdf2", "PBKDF2WithHmacSHA1", 1300000, 14));
        providers.put("pbkdf2-sha256", new Pbkdf2PasswordHashProvider("pbkdf2-sha256", "PBKDF2WithHmacSHA256", 600000, 14));
        providers.put("pbkdf2-sha512", new Pbkdf2PasswordHashProvider("pbkdf2-sha512", "PBKDF2WithHmacSHA512", 210000, 14));
        providers.put("argon2", new Argon2PasswordHashProvider("1.3", "id", 32, 7168, 5, 1, new Semaphore(1)));

        List<Object> users = new ArrayList<>();
        for (var entry : providers.entrySet()) {
            String name = "kc-" + entry.getKey();
            PasswordCredentialModel made =
                entry.getValue().encodedCredential((String) passwords.get(name), -1);
            Map<String, Object> credential = new LinkedHashMap<>();
            credential.put("id", "4c973896-5761-41fc-8217-07c5d13a004b");
            credential.put("type", made.getType());
            credential.put("createdDate", 1723896315651L);
            credential.put("secretData", made.getSecretData());
            credential.put("credentialData", made.getCredentialData());
            Map<String, Object> user = new LinkedHashMap<>();
            user.put("id", "c5f2a1d0-0000-4000-8000-00000000000" + users.size());
            user.put("username", name);
            user.put("firstName", "Emmy");
            user.put("lastName", "Example");
            user.put("email", name + "@example.com");
            user.put("emailVerified", true);
            user.put("createdTimestamp", 1723896315651L);
            user.put("enabled", true);
            user.put("totp", false);
            user.put("credentials", List.of(credential));
            user.put("disableableCredentialTypes", List.of());
            user.put("requiredActions", List.of());
            user.put("realmRoles", List.of("default-roles-example"));
            user.put("notBefore", 0);
            user.put("groups", List.of("/staff", "/staff/Admins"));
            users.add(user);
        }
        Map<String, Object> realm = new LinkedHashMap<>();
        realm.put("id", "example");
        realm.put("realm", "example");
        realm.put("groups", List.of(Map.of("name", "staff", "path", "/staff")));
        realm.put("users", users);
        String text = json.writerWithDefaultPrettyPrinter().writeValueAsString(realm);
        Files.writeString(Path.of("../keycloak.json"), text + "\n");
    }
}
