using Xunit;

namespace Paging.Native.Tests;

/// <summary>Canaries for X1 to X4: a translation that outlives its entry, made by hand.</summary>
public sealed class TranslationAuditTests : IDisposable
{
    private readonly TableWorld _world = new();
    private readonly TableSpace _space;
    private readonly FrameNumber _table;

    public TranslationAuditTests()
    {
        _space = _world.Begin();
        _space.MapNew(0x405);
        _space.Access(0x405, AccessKind.Write);
        _table = _space.Tables.ReadUpper(1).Table;
        _world.AssertClean();
    }

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(0x01u, "X1")]
    [InlineData(0x02u, "X2")]
    [InlineData(0x04u, "X1")]
    [InlineData(0x20u, "X1")]
    [InlineData(0x40u, "X2")]
    [InlineData(0x1000u, "X3")]
    [InlineData(0x80000000u, "X3")]    // beyond RAM
    public void ABitFlippedInTheEntryIsNamed(uint bit, string rule)
    {
        _world.Ram.Words(_table)[5] ^= bit;
        Expect(rule);
    }

    [Theory]
    [InlineData(0x01u, "X1")]
    [InlineData(0x02u, "X2")]
    [InlineData(0x04u, "X1")]
    [InlineData(0x80u, "X3")]          // a huge leaf leads to other frames
    [InlineData(0x80000000u, "X1")]    // nor has one beyond RAM
    public void ABitFlippedInTheDirectoryIsNamed(uint bit, string rule)
    {
        _world.Ram.Words(_space.Tables.Directory)[1] ^= bit;
        Expect(rule);
    }

    [Fact]
    public void AnAddendThatLeadsElsewhereIsNamed()
    {
        unsafe
        {
            _space.Cache.Pair.Write[0x405] += 4096;
        }

        Expect("X3");
    }

    [Fact]
    public void ATranslationOfAPageWithoutAnEntryIsNamed()
    {
        unsafe
        {
            _space.Cache.FillRead(new(0x406), _world.Ram.HostAddress(new(1)));
        }

        Expect("X1");
    }

    private void Expect(string rule)
    {
        AuditReport report = new();
        _space.Tables.Audit(report);
        Assert.True(report.Names(rule), $"expected {rule}, found: {report}");
    }
}
