using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using VfAgent.Protocol.V1;
using Xunit;

namespace VfAgent.Protocol.Tests;

public sealed class StructJsonTests
{
    [Theory]
    [InlineData("""{"type":"sriov","vlan":100,"a":{"z":1,"y":[true,false,null,"x",{"b":[]},{}]},"deviceID":"0000:02:10.0"}""")]
    [InlineData("""{"b":1,"a":2,"B":3}""")]
    [InlineData("""{"é":"ü","a.b":-1}""")]
    [InlineData("{}")]
    public void Json_comes_back_as_it_was(string text)
    {
        JsonObject json = Parse(text);
        JsonObject back = StructJson.ToJson(StructJson.ToStruct(json));
        Assert.True(JsonNode.DeepEquals(json, back));
        Assert.Equal(json.ToJsonString(), back.ToJsonString());
    }

    [Theory]
    [InlineData("100", "100")]
    [InlineData("100.0", "100")]
    [InlineData("1e2", "100")]
    [InlineData("-0", "0")]
    [InlineData("0.1", "0.1")]
    [InlineData("-2.5", "-2.5")]
    [InlineData("9007199254740992", "9007199254740992")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("1152921504606846976", "1152921504606846976")]
    [InlineData("9223372036854775808", "9.223372036854776E+18")]
    [InlineData("1e21", "1E+21")]
    [InlineData("1e-9", "1E-09")]
    public void Whole_numbers_are_integers(string number, string expected) =>
        Assert.Equal($$"""{"n":{{expected}}}""", StructJson.ToJson(StructJson.ToStruct(Parse($$"""{"n":{{number}}}"""))).ToJsonString());

    [Fact]
    public void Numbers_made_in_code_are_numbers_whatever_their_type()
    {
        JsonObject json = new() { ["i"] = 1, ["l"] = 2L, ["u"] = 3u, ["b"] = (byte)4, ["d"] = 5.5, ["m"] = 6.5m, ["t"] = "7", ["f"] = true };
        Struct value = StructJson.ToStruct(json);
        Assert.Equal([1, 2, 3, 4, 5.5, 6.5], value.Fields.Values.Take(6).Select(v => v.NumberValue));
        Assert.Equal("7", value.Fields["t"].StringValue);
        Assert.True(value.Fields["f"].BoolValue);
    }

    [Fact]
    public void Keys_keep_their_order_over_the_wire()
    {
        const string Json = """{"config":{"type":"sriov","cniVersion":"1.0.0","a":1,"Z":2}}""";
        NetworkAttachment sent = PayloadReader.ReadNetworkAttachment(System.Text.Encoding.UTF8.GetBytes(Json)).Value!;
        Struct received = NetworkAttachment.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(sent)).Config;
        Assert.Equal("""{"type":"sriov","cniVersion":"1.0.0","a":1,"Z":2}""", StructJson.ToJson(received).ToJsonString());
    }

    [Fact]
    public void What_json_cannot_say_is_refused()
    {
        Assert.Throws<ArgumentException>(() => StructJson.ToJson(With(Value.ForNumber(double.NaN))));
        Assert.Throws<ArgumentException>(() => StructJson.ToJson(With(Value.ForNumber(double.NegativeInfinity))));
        Assert.Throws<ArgumentException>(() => StructJson.ToJson(With(new Value())));
        Assert.Throws<ArgumentException>(() => StructJson.ToStruct(Parse("""{"n":1e400}""")));
        Assert.Throws<ArgumentException>(() => StructJson.ToStruct(Parse("""{"":1}""")));

        static Struct With(Value value) => new() { Fields = { ["x"] = value } };
    }

    [Fact]
    public void Levels_are_limited_both_ways()
    {
        Assert.Equal(Deep(32).ToJsonString(), StructJson.ToJson(StructJson.ToStruct(Deep(32))).ToJsonString());
        Assert.Throws<ArgumentException>(() => StructJson.ToStruct(Deep(33)));
        Assert.Throws<ArgumentException>(() => StructJson.ToStruct(Deep(60)));

        Struct value = new();
        for (int i = 0; i < 100_000; i++)
            value = new Struct { Fields = { ["a"] = Value.ForStruct(value) } };
        Assert.Throws<ArgumentException>(() => StructJson.ToJson(value));

        static JsonObject Deep(int levels) =>
            Parse(string.Concat(Enumerable.Repeat("""{"a":""", levels - 1)) + "{}" + new string('}', levels - 1));
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
