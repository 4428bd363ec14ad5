using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

public sealed class ConflistRendererTests
{
    [Fact]
    public void A_list_gets_its_name_and_its_vf() => Assert.Equal(
        """
        {
          "cniVersion": "1.0.0",
          "name": "f1-u",
          "plugins": [
            {
              "type": "sriov",
              "deviceID": "0000:02:10.4"
            }
          ]
        }

        """,
        Text("""{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}"""));

    [Fact]
    public void A_bare_plugin_is_wrapped_into_a_list() => Assert.Equal(
        """
        {
          "cniVersion": "0.4.0",
          "name": "f1-u",
          "plugins": [
            {
              "type": "sriov",
              "vlan": 100,
              "deviceID": "0000:02:10.4"
            }
          ]
        }

        """,
        Text("""{"type":"sriov","name":"another","vlan":100,"cniVersion":"0.4.0"}"""));

    [Fact]
    public void What_else_is_in_a_list_stays_in_its_order() => Assert.Equal(
        """
        {
          "cniVersion": "1.0.0",
          "name": "f1-u",
          "disableCheck": true,
          "plugins": [
            {
              "type": "sriov",
              "deviceID": "0000:02:10.4"
            },
            {
              "type": "tuning",
              "mac": "00:11:22:33:44:55"
            }
          ],
          "args": {
            "b": [
              1,
              2.5,
              null
            ],
            "a": {}
          }
        }

        """,
        Text(
            """{"name":"x","disableCheck":true,"plugins":[{"type":"sriov"},{"type":"tuning","mac":"00:11:22:33:44:55"}],"args":{"b":[1,2.5,null],"a":{}}}"""));

    [Theory]
    [InlineData("sriov", "deviceID")]
    [InlineData("ib-sriov", "deviceID")]
    [InlineData("ovs", "deviceID")]
    [InlineData("accelerated-bridge", "deviceID")]
    [InlineData("acme", "deviceID")]
    [InlineData("host-device", "pciBusID")]
    public void The_vf_goes_where_the_first_plugin_looks(string type, string key) =>
        Assert.Equal($$"""{"type":"{{type}}","{{key}}":"0000:02:10.4"}""", Plugins($$"""{"plugins":[{"type":"{{type}}"}]}"""));

    [Theory]
    [InlineData("tuning")]
    [InlineData("portmap")]
    [InlineData("firewall")]
    [InlineData("bandwidth")]
    [InlineData("sbr")]
    [InlineData("vrf")]
    [InlineData("rdma")]
    public void A_chained_plugin_is_never_touched(string type)
    {
        Assert.Equal($$"""{"type":"{{type}}"}""", Plugins($$"""{"plugins":[{"type":"{{type}}"}]}"""));
        Assert.Equal(
            $$"""{"type":"sriov","deviceID":"0000:02:10.4"},{"type":"{{type}}"}""",
            Plugins($$"""{"plugins":[{"type":"sriov"},{"type":"{{type}}"}]}"""));
    }

    [Fact]
    public void The_assigned_vf_replaces_one_that_was_written_there() =>
        Assert.Equal("""{"type":"sriov","deviceID":"0000:02:10.4"}""", Plugins("""{"plugins":[{"type":"sriov","deviceID":"0000:02:10.0"}]}"""));

    [Fact]
    public void Placeholders_are_filled_in_and_then_nothing_is_injected() => Assert.Equal(
        """{"type":"sriov","a":["0000:02:10.4","eth7/2"],"b":{"c":"eth3 at 0000:02:00.0"},"d":"${HOME}${vf}"}""",
        Plugins(
            """{"type":"sriov","a":["${vf.pciAddress}","${vf.name}/${vf.index}"],"b":{"c":"${pf.name} at ${pf.pciAddress}"},"d":"${HOME}${vf}"}"""));

    [Fact]
    public void Text_is_for_people_too() => Assert.Contains(
        "\"note\": \"a < b & 'c' + Größe\"", Text("""{"type":"sriov","note":"a < b & 'c' + Größe"}"""), StringComparison.Ordinal);

    [Fact]
    public void Without_a_vf_the_config_is_as_given() => Assert.Equal(
        """
        {
          "cniVersion": "1.0.0",
          "name": "f1-u",
          "plugins": [
            {
              "type": "bridge",
              "deviceID": "0000:02:10.0"
            }
          ]
        }

        """,
        ConflistRenderer.Render(Some.Attachment("""{"type":"bridge","deviceID":"0000:02:10.0"}""", resourceName: null)).Text);

    [Fact]
    public void The_attachment_itself_is_not_changed()
    {
        AttachmentSpec spec = Some.Attachment("""{"plugins":[{"type":"sriov"}]}""");
        ConflistRenderer.Render(spec, Some.Pf, Some.Vf);
        Assert.Equal("""{"plugins":[{"type":"sriov"}]}""", spec.Config.ToJsonString());
    }

    [Fact]
    public void The_same_spec_with_another_vf_is_another_text()
    {
        AttachmentSpec spec = Some.Attachment("""{"type":"sriov"}""");
        Rendering first = ConflistRenderer.Render(spec, Some.Pf, Some.Vf);
        Rendering other = ConflistRenderer.Render(spec, Some.Pf, Some.Vf with { Address = PciAddress.Parse("0000:02:10.6") });
        Assert.Contains("0000:02:10.4", first.Text, StringComparison.Ordinal);
        Assert.Contains("0000:02:10.6", other.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_did_not_change_is_not_rendered_again()
    {
        AttachmentSpec spec = Some.Attachment("""{"type":"sriov"}""");
        Assert.Same(ConflistRenderer.Render(spec, Some.Pf, Some.Vf), ConflistRenderer.Render(spec, Some.Pf with { NumVfs = 4 }, Some.Vf));
    }

    [Theory]
    [InlineData("""{"type":"host-device","device":"${vf.name}"}""")]
    [InlineData("""{"type":"host-device","device":"${vf.name}","args":["${vf.name}@${vf.pciAddress}"],"z":"${vf.name}-${vf.name}"}""")]
    public void The_name_of_an_interface_that_is_away_is_the_one_in_the_file(string config)
    {
        AttachmentSpec spec = Some.Attachment(config);
        Rendering written = ConflistRenderer.Render(spec, Some.Pf, Some.Vf);
        VirtualFunction away = Some.Vf with { Netdev = null };
        Assert.Same(written, ConflistRenderer.RenderAsIn(written.Text, spec, Some.Pf, away));

        // As after a restart, when nothing was rendered before.
        AttachmentSpec again = Some.Attachment(config);
        Assert.Equal(written.Text, ConflistRenderer.RenderAsIn(written.Text, again, Some.Pf, away)?.Text);
    }

    [Theory]
    [InlineData("eth7", "eth7\", \"mtu\": \"9")]
    [InlineData("host-device", "bridge")]
    [InlineData("1.0.0", "0.4.0")]
    [InlineData("0000:02:10.4", "0000:02:10.6")]
    [InlineData("{", "")]
    public void A_file_that_differs_in_more_than_the_name_is_not_the_configs(string from, string to)
    {
        AttachmentSpec spec = Some.Attachment("""{"type":"host-device","device":"${vf.name}","at":"${vf.pciAddress}"}""");
        string edited = ConflistRenderer.Render(spec, Some.Pf, Some.Vf).Text.Replace(from, to, StringComparison.Ordinal);
        Assert.Null(ConflistRenderer.RenderAsIn(edited, spec, Some.Pf, Some.Vf with { Netdev = null }));
    }

    private static string Text(string config) => ConflistRenderer.Render(Some.Attachment(config), Some.Pf, Some.Vf).Text;

    private static string Plugins(string config) =>
        ConflistRenderer.Render(Some.Attachment(config), Some.Pf, Some.Vf).Config["plugins"]!.ToJsonString(PlanText.Readable)[1..^1];
}
