namespace VfAgent.Simulation.Tests;

public sealed class SimulatedNicsTests
{
    [Fact]
    public void Kinds_and_counts_give_models_in_order()
    {
        Assert.True(SimulatedNics.TryParse("ice:1, mlx5:2,igb:1", out IReadOnlyList<NicModel>? nics, out _));
        Assert.Equal(["ice", "mlx5", "mlx5", "igb"], nics.Select(nic => nic.Kind));
    }

    [Fact]
    public void Every_kind_has_the_documented_number_of_vfs() => Assert.Equal(
        ["igb 7", "ixgbe 63", "i40e 64", "ice 256", "mlx5 127", "bnxt 128"],
        NicModel.All.Select(nic => $"{nic.Kind} {nic.TotalVfs}"));

    [Theory]
    [InlineData("", "names no NIC")]
    [InlineData("e1000:1", "'e1000:1' names no NIC: write kind:count, where kind is one of igb, ixgbe, i40e, ice, mlx5, bnxt")]
    [InlineData("igb:2,", "names no NIC")]
    [InlineData("igb", "'igb' has no count of NICs")]
    [InlineData("igb:0", "from 1 to 32")]
    [InlineData("igb:-1", "from 1 to 32")]
    [InlineData("igb:two", "'igb:two' has no count of NICs")]
    [InlineData("igb:", "has no count of NICs")]
    [InlineData("igb:33", "more than 32")]
    [InlineData("igb:16,ice:17", "'ice:17' makes more than 32")]
    [InlineData("igb:99999999999", "has no count")]
    public void Nonsense_is_refused_in_words(string text, string words)
    {
        Assert.False(SimulatedNics.TryParse(text, out _, out string? error));
        Assert.Contains(words, error, StringComparison.Ordinal);
    }
}
