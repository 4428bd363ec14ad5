using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;

namespace VfAgent.Protocol;

/// <summary>
/// Between protobuf's <see cref="Struct"/> and <see cref="JsonObject"/>, both ways. Keys keep their order. A Struct holds every number as a
/// double; a whole one within the range of a long becomes an integer again (<c>100</c>, never <c>100.0</c>, which Go's CNI plugins refuse for an int).
/// </summary>
public static class StructJson
{
    /// <param name="value">As <see cref="PayloadReader"/> gives it.</param>
    /// <exception cref="ArgumentException">It has NaN, an infinity or a value of no kind, or more than <see cref="PayloadReader.MaxDepth"/> levels.</exception>
    public static JsonObject ToJson(Struct value) => ToJson(value, 1);

    /// <param name="json">Any object.</param>
    /// <exception cref="ArgumentException">
    /// It has an empty name, a number out of a double's range, or more than <see cref="PayloadReader.MaxDepth"/> levels.
    /// </exception>
    public static Struct ToStruct(JsonObject json) => ToStruct(json, 1);

    private static JsonObject ToJson(Struct value, int depth)
    {
        RequireDepth(depth);
        JsonObject json = [];
        foreach ((string name, Value field) in value.Fields)
            json.Add(name, ToJson(field, depth + 1));
        return json;
    }

    private static JsonNode? ToJson(Value value, int depth) => value.KindCase switch
    {
        Value.KindOneofCase.NullValue => null,
        Value.KindOneofCase.BoolValue => JsonValue.Create(value.BoolValue),
        Value.KindOneofCase.StringValue => JsonValue.Create(value.StringValue),
        Value.KindOneofCase.NumberValue => ToJson(value.NumberValue),
        Value.KindOneofCase.StructValue => ToJson(value.StructValue, depth),
        Value.KindOneofCase.ListValue => ToJson(value.ListValue, depth),
        _ => throw new ArgumentException("a value of no kind is no JSON", nameof(value)),
    };

    private static JsonArray ToJson(ListValue list, int depth)
    {
        RequireDepth(depth);
        JsonArray json = [];
        foreach (Value item in list.Values)
            json.Add(ToJson(item, depth + 1));
        return json;
    }

    private static JsonValue ToJson(double number)
    {
        if (!double.IsFinite(number))
            throw new ArgumentException($"{number} is no number in JSON", nameof(number));

        // 2^63 itself is the first double that a long does not hold.
        return double.IsInteger(number) && number is >= long.MinValue and < 9223372036854775808d
            ? JsonValue.Create((long)number)
            : JsonValue.Create(number);
    }

    private static Struct ToStruct(JsonObject json, int depth)
    {
        RequireDepth(depth);
        Struct value = new();
        foreach ((string name, JsonNode? field) in json)
        {
            if (name.Length == 0)
                throw new ArgumentException("an empty name is not allowed", nameof(json)); // Google's JSON writer throws at one
            value.Fields.Add(name, ToValue(field, depth + 1));
        }

        return value;
    }

    private static Value ToValue(JsonNode? node, int depth)
    {
        switch (node)
        {
            case null:
                return Value.ForNull();
            case JsonObject json:
                return Value.ForStruct(ToStruct(json, depth));
            case JsonArray list:
                RequireDepth(depth);
                return Value.ForList([.. list.Select(item => ToValue(item, depth + 1))]);
        }

        return node.GetValueKind() switch
        {
            JsonValueKind.String => Value.ForString(node.GetValue<string>()),
            JsonValueKind.True => Value.ForBool(true),
            JsonValueKind.False => Value.ForBool(false),
            _ => Value.ForNumber(ToDouble(node)),
        };
    }

    // A JsonValue hands out only the very type it was made from, so its text is the common ground.
    private static double ToDouble(JsonNode node)
    {
        double number = double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? number : throw new ArgumentException($"{node.ToJsonString()} is out of range", nameof(node));
    }

    private static void RequireDepth(int depth)
    {
        if (depth > PayloadReader.MaxDepth)
            throw new ArgumentException($"nested deeper than {PayloadReader.MaxDepth} levels", nameof(depth));
    }
}
