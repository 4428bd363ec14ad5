using VfAgent.Core.Desired;

namespace VfAgent.Core.Tests.Desired;

public sealed class AttachmentRulesTests
{
    [Theory]
    [InlineData("""{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}""")]
    [InlineData("""{"type":"bridge","bridge":"br0"}""")]
    [InlineData("""{"plugins":[{"type":"sriov"},{"type":"tuning"}]}""")]
    [InlineData("""{"cniVersion":null,"type":"sriov"}""")]
    public void A_network_list_or_one_plugin_is_valid(string config) => Assert.Empty(Errors(config));

    [Theory]
    [InlineData("0.1.0")]
    [InlineData("0.4.0")]
    [InlineData("1.1.0")]
    public void A_released_cni_version_is_valid(string version) => Assert.Empty(Errors($$"""{"cniVersion":"{{version}}","type":"sriov"}"""));

    [Theory]
    [InlineData("\"2.0\"")]
    [InlineData("\"\"")]
    [InlineData("1")]
    public void Any_other_cni_version_is_not(string version) => Assert.Equal(
        [$"config.cniVersion: {version} is not a CNI version; give one of 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"],
        Errors($$"""{"cniVersion":{{version}},"type":"sriov"}"""));

    [Theory]
    [InlineData("{}", "config: is missing; give a CNI network list, or one plugin")]
    [InlineData("""{"plugins":[]}""", "config.plugins: has to be a list of at least one plugin")]
    [InlineData("""{"plugins":null}""", "config.plugins: has to be a list of at least one plugin")]
    [InlineData("""{"plugins":{"type":"sriov"}}""", "config.plugins: has to be a list of at least one plugin")]
    [InlineData("""{"plugins":[{"type":"sriov"},"tuning"]}""", "config.plugins[1]: has to be an object")]
    [InlineData("""{"plugins":[null]}""", "config.plugins[0]: has to be an object")]
    [InlineData("""{"vlan":100}""", "config.type: is missing; give the CNI plugin's name such as sriov")]
    [InlineData("""{"plugins":[{"type":"sriov"},{"vlan":1}]}""", "config.plugins[1].type: is missing; give the CNI plugin's name such as sriov")]
    [InlineData("""{"plugins":[{"type":7}]}""", "config.plugins[0].type: 7 is not a CNI plugin's name such as sriov")]
    [InlineData("""{"type":"../../bin/sh"}""", "config.type: \"../../bin/sh\" is not a CNI plugin's name such as sriov")]
    public void Every_plugin_has_a_type_that_is_a_file_name(string config, string error) => Assert.Equal([error], Errors(config));

    [Theory]
    [InlineData("${vf.pciAddress}")]
    [InlineData("${vf.name}")]
    [InlineData("${vf.index}")]
    [InlineData("${pf.name}")]
    [InlineData("${pf.pciAddress}")]
    [InlineData("${HOME} and $vf.name are nobody's")]
    public void A_known_placeholder_is_valid_anywhere(string text) => Assert.Empty(Errors($$"""{"type":"sriov","a":[{"b":"-{{text}}-"}]}"""));

    [Theory]
    [InlineData("${vf.mac}")]
    [InlineData("${pf.}")]
    [InlineData("${vf.NAME}")]
    public void An_unknown_placeholder_is_refused_where_it_stands(string text) => Assert.Equal(
        [$"config.a[0].b: \"{text}\" is not known; give one of ${{vf.pciAddress}}, ${{vf.name}}, ${{vf.index}}, ${{pf.name}}, ${{pf.pciAddress}}"],
        Errors($$"""{"type":"sriov","a":[{"b":"-{{text}}-"}]}"""));

    [Fact]
    public void A_placeholder_needs_a_resource() => Assert.Equal(
        ["config.plugins[0].device: ${vf.name} needs a resourceName to take the VF from"],
        DesiredValidator.Validate(Some.Attachment("""{"plugins":[{"type":"host-device","device":"${vf.name}"}]}""", resourceName: null))
            .Select(e => e.ToString()));

    [Fact]
    public void A_resource_name_is_a_name() => Assert.Equal(
        ["resourceName"], DesiredValidator.Validate(Some.Attachment("""{"type":"sriov"}""", "a/b")).Select(error => error.Field));

    [Theory]
    [InlineData(Allocation.Dynamic, "eth3-vfs", """{"type":"sriov"}""", null)]
    [InlineData(Allocation.Dynamic, null, """{"type":"sriov"}""", "allocation: DYNAMIC needs a resourceName to take VFs from")]
    [InlineData(
        Allocation.Dynamic, "eth3-vfs", """{"type":"host-device","device":"${vf.name}"}""",
        "config.device: ${vf.name} does not go with DYNAMIC, whose VF is known only as a container starts")]
    [InlineData((Allocation)7, "eth3-vfs", """{"type":"sriov"}""", "allocation: 7 is not known; give STATIC or DYNAMIC")]
    public void A_pool_is_of_a_resource_and_has_no_vf_to_fill_in(Allocation allocation, string? resource, string config, string? error) => Assert.Equal(
        error is null ? [] : [error],
        DesiredValidator.Validate(Some.Attachment(config, resource) with { Allocation = allocation }).Select(e => e.ToString()));

    [Fact]
    public void All_errors_are_found_at_once()
    {
        var wrong = new AttachmentSpec("-", "", Some.Json("""{"cniVersion":"9","plugins":[{},{"type":""},{"type":"x","y":"${vf.z}"}]}"""));
        Assert.Equal(
            ["name", "resourceName", "config.cniVersion", "config.plugins[0].type", "config.plugins[1].type", "config.plugins[2].y"],
            DesiredValidator.Validate(wrong).Select(error => error.Field));
    }

    private static IEnumerable<string> Errors(string config) => DesiredValidator.Validate(Some.Attachment(config)).Select(error => error.ToString());
}
