// Checks access tokens with Spring Security's Nimbus, knowing an issuer's URL and an audience and
// nothing else.
//
// Call: Verify ISSUER AUDIENCE, where AUDIENCE is this service's name in Claviger's setting
// `tokens.audiences`. Reads tokens, one a line, and prints the subject of each or an error.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTypeValidator;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

public class Verify {
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            throw new IllegalArgumentException("an issuer and an audience are required");
        }
        JwtDecoder decoder = decoder(arguments[0], arguments[1]);
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String token = lines.readLine(); token != null; token = lines.readLine()) {
            try {
                System.out.println("accepted " + decoder.decode(token).getSubject());
            } catch (JwtException error) {
                System.out.println("refused " + error.getMessage());
            }
        }
    }

    /** What a resource server has as its bean. */
    static JwtDecoder decoder(String issuer, String audience) {
        // Tokens of Claviger's own API, whose audience is the issuer, are not for services.
        if (audience.isEmpty() || audience.equals(issuer)) {
            throw new IllegalArgumentException('"' + audience + "\" is not the audience of a service");
        }
        // Left to itself, Spring wants the type `JWT` or none and refuses access tokens after RFC 9068.
        NimbusJwtDecoder decoder =
                NimbusJwtDecoder.withIssuerLocation(issuer).validateType(false).build();
        decoder.setJwtValidator(
                JwtValidators.createDefaultWithValidators(
                        List.of(
                                new JwtTypeValidator("at+jwt"),
                                new JwtIssuerValidator(issuer),
                                new JwtAudienceValidator(audience))));
        return decoder;
    }
}
