using System.Text;
using VfAgent.Protocol.V1;
using Xunit;

namespace VfAgent.Protocol.Tests;

public sealed class JsonPayloadTests
{
    private const string Known =
        "name, mtu, numVfs, needVhostNet, nicSelector, deviceType, generation, disruptionPolicy, deletionPolicy, vfMtu, vfDefaults, vfs, " +
        "expectMatches, externallyManaged, observeOnly, driversAutoprobe, allowManagementNic, eswitchMode";

    [Fact]
    public void Every_error_is_reported_at_once_with_the_field_it_is_in()
    {
        const string Json = """
            {
              "resourceConfigs": [
                {"name": "a", "numVfs": "many", "mtuu": 1},
                {"name": 7, "nicSelector": {"pfNames": ["eth3", 4], "drivers": "igb"}},
                {"numVfs": -1, "mtu": 4294967296, "needVhostNet": "true", "numVfs": 1}
              ],
              "networkattachments": [
                {"config": {"plugins": [{"vlan": 1e400, "vlan": 2}]}},
                {"config": []},
                null
              ],
              "generation": 1.5
            }
            """;

        Assert.Equal(
        [
            "resourceConfigs[0].numVfs: has to be a whole number from 0 to 4294967295, not \"many\"",
            $"resourceConfigs[0].mtuu: unknown field; known here are {Known}",
            "resourceConfigs[1].name: has to be a string, not 7",
            "resourceConfigs[1].nicSelector.pfNames[1]: has to be a string, not 4",
            "resourceConfigs[1].nicSelector.drivers: has to be a list, not \"igb\"",
            "resourceConfigs[2].numVfs: has to be a whole number from 0 to 4294967295, not -1",
            "resourceConfigs[2].mtu: has to be a whole number from 0 to 4294967295, not 4294967296",
            "resourceConfigs[2].needVhostNet: has to be true or false, not \"true\"",
            "resourceConfigs[2].numVfs: given more than once",
            "networkattachments[0].config.plugins[0].vlan: 1e400 is out of range",
            "networkattachments[0].config.plugins[0].vlan: given more than once",
            "networkattachments[1].config: has to be an object, not a list",
            "networkattachments[2]: has to be an object, not null",
            "generation: has to be a whole number from 0 to 18446744073709551615, not 1.5",
        ],
            Errors(PayloadReader.ReadHostConfig(Encoding.UTF8.GetBytes(Json))));
    }

    [Theory]
    [InlineData("""{"num_vfs": 4, "nic_selector": {"pf_names": ["eth3"]}, "device_type": "netdevice"}""")]
    [InlineData("""{"numVfs": "4", "nicSelector": {"pfNames": ["eth3"], "vendors": []}, "deviceType": "netdevice", "mtu": null}""")]
    [InlineData("""{"numVfs": 4.0, "nicSelector": {"pfNames": ["eth3"], "drivers": null}, "deviceType": "netdevice"}""")]
    [InlineData("""{"numVfs": 0.4e1, "nicSelector": {"pf\u004eames": ["eth\u0033"]}, "deviceType": "netdevice"}""")]
    [InlineData("\uFEFF {\"numVfs\": \"4e0\", \"nicSelector\": {\"pfNames\": [\"eth3\"]}, \"deviceType\": \"netdevice\"}\r\n")]
    public void What_protobufs_json_allows_is_allowed(string json)
    {
        ResourceConfig expected = new() { NumVfs = 4, DeviceType = "netdevice", NicSelector = new NicSelector { PfNames = { "eth3" } } };
        PayloadResult<ResourceConfig> result = PayloadReader.ReadResourceConfig(Encoding.UTF8.GetBytes(json));
        Assert.Empty(Errors(result));
        Assert.Equal(expected, result.Value);
    }

    [Theory]
    [InlineData("""{"numVfs": 4, "num_vfs": 4}""", "num_vfs: given more than once")]
    [InlineData("""{"numVfs": "+4"}""", "numVfs: has to be a whole number from 0 to 4294967295, not \"+4\"")]
    [InlineData("""{"numVfs": "04"}""", "numVfs: has to be a whole number from 0 to 4294967295, not \"04\"")]
    [InlineData("""{"numVfs": " 4"}""", "numVfs: has to be a whole number from 0 to 4294967295, not \" 4\"")]
    [InlineData("""{"numVfs": ""}""", "numVfs: has to be a whole number from 0 to 4294967295, not \"\"")]
    [InlineData("""{"numVfs": [4]}""", "numVfs: has to be a whole number from 0 to 4294967295, not a list")]
    [InlineData("""{"numVfs": {}}""", "numVfs: has to be a whole number from 0 to 4294967295, not an object")]
    [InlineData("""{"nicSelector": {"pfNames": [null]}}""", "nicSelector.pfNames[0]: has to be a string, not null")]
    [InlineData("""{"nicSelector": true}""", "nicSelector: has to be an object, not true")]
    [InlineData("""{"NumVfs": 4}""", $"NumVfs: unknown field; known here are {Known}")]
    [InlineData("""{"a.b\n\"c": 4}""", $"[\"a.b\\n\\\"c\"]: unknown field; known here are {Known}")]
    [InlineData("""{"": 4}""", $"[\"\"]: unknown field; known here are {Known}")]
    [InlineData("""{"name": "\ud800"}""", "name: contains half a surrogate pair")]
    [InlineData("""{"\ud800": 1}""", "a field's name contains half a surrogate pair")]
    [InlineData("""{"numVfs": "\ud800"}""", "numVfs: has to be a whole number from 0 to 4294967295, not a string with half a surrogate pair")]
    [InlineData("""{"generation": 9007199254740993}""", "generation: 9007199254740993 is too large for a JSON number to be exact; write it as a string")]
    public void One_error_names_its_field(string json, string error) =>
        Assert.Equal([error], Errors(PayloadReader.ReadResourceConfig(Encoding.UTF8.GetBytes(json))));

    [Theory]
    [InlineData("""{"config": {"a": {"b": "\ud800"}}}""", "config.a.b: contains half a surrogate pair")]
    [InlineData("""{"config": {"a": 9007199254740993}}""", "config.a: 9007199254740993 is too large for a JSON number to be exact; write it as a string")]
    [InlineData("""{"config": {"a": [1, 99999999999999999999]}}""", "config.a[1]: 99999999999999999999 is too large for a JSON number to be exact; write it as a string")]
    [InlineData("""{"config": {"a": [{"": 1}]}}""", "config.a[0][\"\"]: an empty name is not allowed")]
    [InlineData("""{"config": "x"}""", "config: has to be an object, not \"x\"")]
    public void A_config_is_free_but_has_to_survive_protobuf(string json, string error) =>
        Assert.Equal([error], Errors(PayloadReader.ReadNetworkAttachment(Encoding.UTF8.GetBytes(json))));

    [Fact]
    public void A_64_bit_number_may_be_a_string()
    {
        PayloadResult<ResourceConfig> result = PayloadReader.ReadResourceConfig("""{"generation": "18446744073709551615"}"""u8);
        Assert.Equal(ulong.MaxValue, result.Value?.Generation);
    }

    [Theory]
    [InlineData("{\n  \"name\": \"a\"\n  \"mtu\": 1}", "the payload is not JSON: line 3, column 3: ")]
    [InlineData("{\"name\": \"a\"", "the payload is not JSON: line 1, column 13: ")]
    [InlineData("{\"name\": \"a\"} x", "the payload is not JSON: line 1, column 15: ")]
    [InlineData("{\"name\": \"a\"}{}", "the payload is not JSON: line 1, column 14: ")]
    [InlineData("{\"mtu\": 1,}", "the payload is not JSON: line 1, column 11: ")]
    [InlineData("{\"mtu\": 01}", "the payload is not JSON: line 1, column 10: ")]
    [InlineData("{\"mtu\": NaN}", "the payload is not JSON: line 1, column 9: ")]
    [InlineData("{'mtu': 1}", "the payload is not JSON: line 1, column 2: ")]
    [InlineData("// mine\n{}", "the payload is not JSON: line 1, column 1: ")]
    [InlineData("{\n/* mine */}", "the payload is not JSON: line 2, column 1: ")]
    [InlineData("{\"name\": \"a\nb\"}", "the payload is not JSON: line 1, column ")]
    [InlineData("   ", "the payload is not JSON: line 1, column 4: ")]
    [InlineData("[{}]", "has to be an object, not a list")]
    [InlineData("null", "has to be an object, not null")]
    public void What_is_no_json_object_is_one_error_with_its_place(string json, string error)
    {
        FieldError only = Assert.Single(PayloadReader.ReadResourceConfig(Encoding.UTF8.GetBytes(json), ContentTypes.Json).Errors);
        Assert.Equal("", only.Field);
        Assert.StartsWith(error, only.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_misspelt_literal_does_not_quote_the_rest_of_the_payload()
    {
        string json = "{\"needVhostNet\": ture, \"name\":\n \"" + new string('x', 1000) + "\"}";
        string error = Assert.Single(Errors(PayloadReader.ReadResourceConfig(Encoding.UTF8.GetBytes(json))));
        Assert.StartsWith("the payload is not JSON: line 1, column 19: 'ture, ", error, StringComparison.Ordinal);
        Assert.InRange(error.Length, 1, 250);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_named()
    {
        byte[] payload = [.. "{\n\"name\": \"é"u8, 0xC3, (byte)'"', (byte)'}'];
        Assert.Equal(["the payload is not UTF-8: line 2, column 12: byte 0xC3"], Errors(PayloadReader.ReadResourceConfig(payload)));
        Assert.StartsWith(
            "the payload is not UTF-8: line 1, column 1: byte 0xFF",
            Assert.Single(Errors(PayloadReader.ReadResourceConfig(Encoding.Unicode.GetPreamble(), ContentTypes.Json))),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(33)]
    [InlineData(100)]
    [InlineData(120_000)]
    public void Too_many_levels_are_one_error(int levels)
    {
        string json = "{\"config\":{\"a\":" + new string('[', levels - 2) + new string(']', levels - 2) + "}}";
        Assert.Equal(
            ["the payload is nested deeper than 32 levels: line 1, column 46"],
            Errors(PayloadReader.ReadNetworkAttachment(Encoding.UTF8.GetBytes(json))));
    }

    [Fact]
    public void The_number_and_the_length_of_errors_are_bounded()
    {
        string json = "{" + string.Join(",", Enumerable.Range(0, 1000).Select(i => $"\"{new string('x', 100)}{i}\":1")) + "}";
        string[] errors = Errors(PayloadReader.ReadResourceConfig(Encoding.UTF8.GetBytes(json)));
        Assert.Equal(51, errors.Length);
        Assert.Equal("and 950 more errors", errors[^1]);
        Assert.All(errors, e => Assert.True(e.Length < 350));
    }

    [Fact]
    public void Enums_take_their_words_and_numbers()
    {
        Assert.Equal(AgentStatus.Types.State.Online, Read("""{"state": "ONLINE"}""").Value?.State);
        Assert.Equal(AgentStatus.Types.State.Online, Read("""{"state": 1}""").Value?.State);
        Assert.Equal(["state: has to be one of UNKNOWN, ONLINE, OFFLINE, not \"online\""], Errors(Read("""{"state": "online"}""")));
        Assert.Equal(["state: has to be one of UNKNOWN, ONLINE, OFFLINE, not false"], Errors(Read("""{"state": false}""")));
        Assert.Equal(["state: has to be a whole number from -2147483648 to 2147483647, not 1.5"], Errors(Read("""{"state": 1.5}""")));

        static PayloadResult<AgentStatus> Read(string json) =>
            PayloadReader.Read(AgentStatus.Parser, AgentStatus.Descriptor, Encoding.UTF8.GetBytes(json), null);
    }

    [Fact]
    public void What_only_googles_parser_refuses_is_an_error_without_a_field()
    {
        byte[] json = Encoding.UTF8.GetBytes($$"""{"time": "{{new string('x', 1000)}}"}""");
        string error = Assert.Single(Errors(PayloadReader.Read(Event.Parser, Event.Descriptor, json, null)));
        Assert.StartsWith("the payload is no Event: ", error, StringComparison.Ordinal);
        Assert.InRange(error.Length, 30, 200);
    }

    private static string[] Errors<T>(PayloadResult<T> result)
        where T : class => [.. result.Errors.Select(e => e.ToString())];
}
