using System.Text.Json;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace VfAgent.Protocol;

/// <summary>
/// Finds everything in a JSON payload that protobuf's JSON mapping (protobuf.dev/programming-guides/json) does not allow for a message, where
/// Google's parser stops at the first error and does not say where it is. Kinds of field that no config has are left to that parser.
/// </summary>
internal sealed class JsonChecker
{
    private readonly ErrorList _errors = new();

    private JsonChecker()
    {
    }

    public static IReadOnlyList<FieldError> Check(JsonElement payload, MessageDescriptor message)
    {
        JsonChecker checker = new();
        checker.CheckMessage(payload, message);
        return checker._errors.Errors;
    }

    private void CheckMessage(JsonElement element, MessageDescriptor message)
    {
        if (message.File.Package == StructReflection.Descriptor.Package)
        {
            if (message.FullName == Struct.Descriptor.FullName)
                CheckStruct(element);
            return;
        }

        if (!Expect(element, JsonValueKind.Object, "an object"))
            return;

        HashSet<FieldDescriptor> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!TryGetText(property, out string name))
                continue;

            int mark = _errors.Enter(name);
            FieldDescriptor? field = message.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == name || f.Name == name);
            if (field is null)
                _errors.Add($"unknown field; known here are {string.Join(", ", message.Fields.InDeclarationOrder().Select(f => f.JsonName))}");
            else if (!seen.Add(field))
                _errors.Add("given more than once");
            else if (property.Value.ValueKind != JsonValueKind.Null) // null is "not given" in protobuf's JSON
                CheckField(property.Value, field);
            _errors.Leave(mark);
        }
    }

    private void CheckField(JsonElement element, FieldDescriptor field)
    {
        if (field.IsMap)
            return;

        if (!field.IsRepeated)
        {
            CheckValue(element, field);
            return;
        }

        if (!Expect(element, JsonValueKind.Array, "a list"))
            return;

        int index = 0;
        foreach (JsonElement item in element.EnumerateArray())
        {
            int mark = _errors.Enter(index++);
            CheckValue(item, field);
            _errors.Leave(mark);
        }
    }

    private void CheckValue(JsonElement element, FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                CheckMessage(element, field.MessageType);
                break;
            case FieldType.String:
                if (Expect(element, JsonValueKind.String, "a string") && !JsonValues.TryGetText(element, out _))
                    _errors.Add("contains half a surrogate pair");
                break;
            case FieldType.Bool:
                if (element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                    _errors.Add($"has to be true or false, not {JsonValues.Describe(element)}");
                break;
            case FieldType.Enum:
                CheckEnum(element, field.EnumType);
                break;
            case FieldType.UInt32 or FieldType.Fixed32:
                CheckInteger(element, uint.MinValue, uint.MaxValue);
                break;
            case FieldType.UInt64 or FieldType.Fixed64:
                CheckInteger(element, ulong.MinValue, ulong.MaxValue);
                break;
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                CheckInteger(element, int.MinValue, int.MaxValue);
                break;
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                CheckInteger(element, long.MinValue, long.MaxValue);
                break;
        }
    }

    private void CheckEnum(JsonElement element, EnumDescriptor type)
    {
        if (element.ValueKind == JsonValueKind.Number)
            CheckInteger(element, int.MinValue, int.MaxValue);
        else if (element.ValueKind != JsonValueKind.String || !JsonValues.TryGetText(element, out string word) || type.FindValueByName(word) is null)
            _errors.Add($"has to be one of {string.Join(", ", type.Values.Select(v => v.Name))}, not {JsonValues.Describe(element)}");
    }

    private void CheckInteger(JsonElement element, decimal min, decimal max)
    {
        if (!JsonValues.TryGetNumber(element, out decimal number) || number != decimal.Truncate(number) || number < min || number > max)
            _errors.Add($"has to be a whole number from {min} to {max}, not {JsonValues.Describe(element)}");
        else if (element.ValueKind == JsonValueKind.Number && number is < -JsonValues.MaxExact or > JsonValues.MaxExact)
            _errors.Add($"{number} is too large for a JSON number to be exact; write it as a string");
    }

    private void CheckStruct(JsonElement element)
    {
        if (Expect(element, JsonValueKind.Object, "an object"))
            CheckAny(element);
    }

    private void CheckAny(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                HashSet<string> seen = new(StringComparer.Ordinal);
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (!TryGetText(property, out string name))
                        continue;

                    int mark = _errors.Enter(name);
                    if (name.Length == 0)
                        _errors.Add("an empty name is not allowed");
                    else if (!seen.Add(name))
                        _errors.Add("given more than once");
                    else
                        CheckAny(property.Value);
                    _errors.Leave(mark);
                }

                break;
            case JsonValueKind.Array:
                int index = 0;
                foreach (JsonElement item in element.EnumerateArray())
                {
                    int mark = _errors.Enter(index++);
                    CheckAny(item);
                    _errors.Leave(mark);
                }

                break;
            case JsonValueKind.String when !JsonValues.TryGetText(element, out _):
                _errors.Add("contains half a surrogate pair");
                break;
            case JsonValueKind.Number when !double.IsFinite(element.GetDouble()):
                _errors.Add($"{JsonValues.Describe(element)} is out of range");
                break;
            case JsonValueKind.Number when JsonValues.IsInexact(element):
                _errors.Add($"{JsonValues.Describe(element)} is too large for a JSON number to be exact; write it as a string");
                break;
        }
    }

    private bool Expect(JsonElement element, JsonValueKind kind, string what)
    {
        if (element.ValueKind == kind)
            return true;

        _errors.Add($"has to be {what}, not {JsonValues.Describe(element)}");
        return false;
    }

    private bool TryGetText(JsonProperty property, out string name)
    {
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            _errors.Add("a field's name contains half a surrogate pair");
            name = "";
            return false;
        }
    }
}
