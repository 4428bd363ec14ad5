using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using VfAgent.Protocol.V1;

namespace VfAgent.Protocol;

/// <summary>
/// Finds what a <see cref="Struct"/> can hold in protobuf and protobuf's JSON cannot say: NaN, infinities, values of no kind, empty names; and too many levels.
/// </summary>
internal sealed class StructChecker
{
    private readonly ErrorList _errors = new();

    private StructChecker()
    {
    }

    public static IReadOnlyList<FieldError> Check(IMessage payload)
    {
        StructChecker checker = new();
        switch (payload)
        {
            case NetworkAttachment attachment:
                checker.CheckAttachment(attachment, 1);
                break;
            case HostConfig config:
                checker.CheckDocument(config);
                break;
        }

        return checker._errors.Errors;
    }

    private void CheckDocument(HostConfig config)
    {
        int list = _errors.Enter("networkattachments");
        for (int i = 0; i < config.Networkattachments.Count; i++)
        {
            int mark = _errors.Enter(i);
            CheckAttachment(config.Networkattachments[i], 3);
            _errors.Leave(mark);
        }

        _errors.Leave(list);
    }

    private void CheckAttachment(NetworkAttachment attachment, int depth)
    {
        if (attachment.Config is null)
            return;

        int mark = _errors.Enter("config");
        CheckStruct(attachment.Config, depth + 1);
        _errors.Leave(mark);
    }

    private void CheckStruct(Struct value, int depth)
    {
        if (!CheckDepth(depth))
            return;

        foreach ((string name, Value field) in value.Fields)
        {
            int mark = _errors.Enter(name);
            if (name.Length == 0)
                _errors.Add("an empty name is not allowed"); // Google's JSON writer throws at one
            else
                CheckValue(field, depth + 1);
            _errors.Leave(mark);
        }
    }

    private void CheckValue(Value value, int depth)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.None:
                _errors.Add("has no value");
                break;
            case Value.KindOneofCase.NumberValue when !double.IsFinite(value.NumberValue):
                _errors.Add($"{value.NumberValue} is no number in JSON");
                break;
            case Value.KindOneofCase.StructValue:
                CheckStruct(value.StructValue, depth);
                break;
            case Value.KindOneofCase.ListValue when CheckDepth(depth):
                for (int i = 0; i < value.ListValue.Values.Count; i++)
                {
                    int mark = _errors.Enter(i);
                    CheckValue(value.ListValue.Values[i], depth + 1);
                    _errors.Leave(mark);
                }

                break;
        }
    }

    private bool CheckDepth(int depth)
    {
        if (depth <= PayloadReader.MaxDepth)
            return true;

        _errors.Add($"the payload is nested deeper than {PayloadReader.MaxDepth} levels");
        return false;
    }
}
