using System.Text.RegularExpressions;

namespace Paging.Guest.Tests;

/// <summary>The named differences between recordings and hosts.</summary>
public sealed class NativeDifferenceTests
{
    [Fact]
    public void EachIsThatOfSomeRecordedLine()
    {
        (string Name, string[] Lines)[] recordings = [.. NativeRecordings.ReadAll()];
        Assert.True(recordings.Length > 80);
        foreach (NativeDifference difference in NativeDifference.All)
        {
            TimeSpan patience = TimeSpan.FromSeconds(1);
            Assert.Contains(recordings.Where(recording => Regex.IsMatch(recording.Name, difference.Recordings, RegexOptions.None, patience))
                .SelectMany(static recording => recording.Lines),
                line => Regex.IsMatch(line, $"^{difference.Recorded}$", RegexOptions.None, patience));
        }
    }

    [Theory]
    [InlineData("beside", "moved away: 1 [20000000-20004000 0]", "moved away: 1 [20000000-20004000 2]", true)]
    [InlineData("beside", "moved away: 1 [20000000-20004000 0]", "moved away: 1 [20000000-20004000 4]", false)]
    [InlineData("moved", "moved away: 1 [20000000-20004000 0]", "moved away: 1 [20000000-20004000 2]", false)]
    public void OnlyWhatIsNamedIsLeftToTheGuest(string recording, string recorded, string guest, bool isNamed)
    {
        Assert.Equal(isNamed ? guest : recorded, NativeDifference.Apply(recording, recorded, guest));
        Assert.Equal("first\nlast", NativeDifference.Apply(recording, "first\nlast", guest));
    }
}
