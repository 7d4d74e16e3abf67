using Paging.Guest.Tasks;

namespace Paging.Guest.Tests;

/// <summary>What a change of users does to capabilities. Linux: capabilities(7), "Effect of user ID changes on capabilities".</summary>
public sealed class CredentialsTests
{
    private const ulong Permitted = 0b1110, Effective = 0b0110;

    [Theory]
    [InlineData("0 0 0", "7 8 9", 0UL, 0UL)]    // the last of root's numbers is gone
    [InlineData("7 0 8", "7 9 8", 0UL, 0UL)]
    [InlineData("0 7 8", "9 7 8", 0UL, 0UL)]
    [InlineData("7 8 0", "7 8 9", 0UL, 0UL)]
    [InlineData("0 0 0", "0 7 0", Permitted, 0UL)]    // it may come back
    [InlineData("0 0 0", "7 8 0", Permitted, 0UL)]
    [InlineData("0 7 0", "0 0 0", Permitted, Permitted)]    // it comes back
    [InlineData("7 8 0", "7 0 0", Permitted, Permitted)]
    [InlineData("0 0 0", "7 0 9", Permitted, Effective)]    // the effective user stays
    [InlineData("0 7 8", "0 9 8", Permitted, Effective)]
    [InlineData("7 8 9", "8 9 7", Permitted, Effective)]    // it never was root
    public void UsersTakeCapabilitiesAlong(string before, string after, ulong permitted, ulong effective)
    {
        uint[] old = [.. before.Split(' ').Select(uint.Parse)], next = [.. after.Split(' ').Select(uint.Parse)];
        Credentials from = new()
        {
            User = old[0],
            EffectiveUser = old[1],
            SavedUser = old[2],
            Permitted = Permitted,
            Effective = Effective,
        };
        Credentials to = from.WithUsers(next[0], next[1], next[2]);
        Assert.Equal((next[0], next[1], next[2]), (to.User, to.EffectiveUser, to.SavedUser));
        Assert.Equal((permitted, effective), (to.Permitted, to.Effective));
    }
}
