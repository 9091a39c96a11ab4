import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.openfeature.contrib.providers.flagd.Config;
import dev.openfeature.contrib.providers.flagd.FlagdOptions;
import dev.openfeature.contrib.providers.flagd.FlagdProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProviderOptions;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FeatureProvider;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.ProviderEvent;
import dev.openfeature.sdk.Structure;
import dev.openfeature.sdk.Value;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An application that asks published OpenFeature clients what its standard input tells it to: one JSON object a line comes in with an
 * `id`, and one goes out with the same `id`; what the clients report by themselves goes out as it happens. The drivers of the other
 * languages speak the same.
 */
public final class Driver {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final OpenFeatureAPI API = OpenFeatureAPI.getInstance();

  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Map<String, Object> given = JSON.readValue(line, new TypeReference<Map<String, Object>>() {});
      new Thread(() -> carryOut(given)).start();
    }
  }

  private static synchronized void say(Map<String, Object> message) {
    try {
      System.out.println(JSON.writeValueAsString(message));
    } catch (Exception error) {
      System.err.println(error);
    }
  }

  private static void carryOut(Map<String, Object> given) {
    try {
      say(Map.of("id", given.get("id"), "result", resultOf(given)));
    } catch (Exception error) {
      say(Map.of("id", given.get("id"), "error", String.valueOf(error)));
    }
    if (given.get("operation").equals("close")) Runtime.getRuntime().halt(0);
  }

  private static Map<String, Object> resultOf(Map<String, Object> given) {
    switch ((String) given.get("operation")) {
      case "open":
        return open(given);
      case "ask":
        return ask(given);
      default:
        return Map.of();
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> open(Map<String, Object> given) {
    String name = (String) given.get("name");
    API.setProviderAndWait(name, provider((String) given.get("provider"), (Map<String, Object>) given.get("options")));
    for (ProviderEvent event : ProviderEvent.values()) {
      API.getClient(name).on(event, details -> {
        List<String> flags = details.getFlagsChanged() == null ? List.of() : details.getFlagsChanged();
        say(Map.of("name", name, "event", event.name(), "flags", flags));
      });
    }
    return Map.of();
  }

  private static FeatureProvider provider(String name, Map<String, Object> options) {
    String bearer = "Bearer " + options.get("token");
    if (name.equals("ofrep")) {
      return OfrepProvider.constructProvider(OfrepProviderOptions.builder()
          .baseUrl((String) options.get("httpUrl"))
          .headers(ImmutableMap.of("Authorization", ImmutableList.of(bearer)))
          .build());
    }
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), bearer);
    return new FlagdProvider(FlagdOptions.builder()
        .resolverType(Config.Resolver.RPC)
        .host((String) options.get("host"))
        .port((Integer) options.get("flagdPort"))
        .cacheType(Boolean.TRUE.equals(options.get("cache")) ? "lru" : "disabled")
        .deadline(20_000)
        .retryBackoffMs(200)
        .clientInterceptors(List.of(MetadataUtils.newAttachHeadersInterceptor(headers)))
        .build());
  }

  private static Map<String, Object> ask(Map<String, Object> given) {
    Client client = API.getClient((String) given.get("name"));
    String flag = (String) given.get("flag");
    Object otherwise = given.get("otherwise");
    EvaluationContext context = contextOf(given.get("context"));
    switch ((String) given.get("type")) {
      case "boolean":
        return told(client.getBooleanDetails(flag, (Boolean) otherwise, context));
      case "string":
        return told(client.getStringDetails(flag, (String) otherwise, context));
      case "integer":
        return told(client.getIntegerDetails(flag, (Integer) otherwise, context));
      case "float":
        return told(client.getDoubleDetails(flag, ((Number) otherwise).doubleValue(), context));
      default:
        return told(client.getObjectDetails(flag, Value.objectToValue(otherwise), context));
    }
  }

  @SuppressWarnings("unchecked")
  private static EvaluationContext contextOf(Object given) {
    if (given == null) return new ImmutableContext();
    Map<String, Object> members = new LinkedHashMap<>((Map<String, Object>) given);
    Object key = members.remove("targetingKey");
    Map<String, Value> attributes = new LinkedHashMap<>();
    members.forEach((name, value) -> attributes.put(name, Value.objectToValue(value)));
    return key == null ? new ImmutableContext(attributes) : new ImmutableContext((String) key, attributes);
  }

  private static Map<String, Object> told(FlagEvaluationDetails<?> details) {
    Map<String, Object> said = new LinkedHashMap<>();
    said.put("value", plain(details.getValue()));
    said.put("reason", details.getReason());
    if (details.getVariant() != null && !details.getVariant().isEmpty()) said.put("variant", details.getVariant());
    if (details.getErrorCode() != null) said.put("errorCode", details.getErrorCode().name());
    if (details.getErrorMessage() != null) said.put("errorMessage", details.getErrorMessage());
    if (details.getFlagMetadata() != null) said.put("metadata", details.getFlagMetadata().asUnmodifiableMap());
    return said;
  }

  private static Object plain(Object value) {
    if (value instanceof Value) {
      Value one = (Value) value;
      if (one.isStructure()) return plain(one.asStructure());
      if (one.isList()) return one.asList().stream().map(Driver::plain).collect(java.util.stream.Collectors.toList());
      return one.asObject();
    }
    if (value instanceof Structure) {
      Map<String, Object> members = new LinkedHashMap<>();
      ((Structure) value).asMap().forEach((name, member) -> members.put(name, plain(member)));
      return members;
    }
    return value;
  }
}
