using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The marks of a byte shadow, and its settings, are in forks, clones and saved processes alike.</summary>
public sealed class SavedShadowTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void MarksAndSettingsAreKeptEverywhere(bool isEnforced, bool refusesUninitialized)
    {
        using World world = new(), other = new();
        world.Map(0, 8);
        for (int page = 0; page < 8; page++) world.Touch(page, 3);
        ByteShadow shadow = world.Memory.OpenByteShadow();
        (shadow.IsEnforced, shadow.RefusesUninitialized) = (isEnforced, refusesUninitialized);
        World.Succeeds(shadow.Mark(World.At(0, 16), 4, ByteState.Unaddressable));
        World.Succeeds(shadow.Mark(World.At(0, 4000), 200, ByteState.Uninitialized));    // into the next page
        World.Succeeds(shadow.Mark(World.At(3), 8192, ByteState.Unaddressable));    // whole pages
        World.Succeeds(shadow.Mark(World.At(6), 4096, ByteState.Uninitialized));
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        SavedStream saved = SavedStream.Of(snapshot);
        World.Succeeds(shadow.Mark(World.At(0), 8 * 4096, ByteState.Good));    // after the snapshot
        World.Succeeds(snapshot.Restore());
        UserProcess[] all =
        [
            world.First, world.First.Fork(), other.Engine.SavedProcesses.Load(new MemoryStream(saved.ToBytes())),
            other.Engine.CloneProcess(image), other.Engine.CloneProcess(image),
        ];
        foreach (UserProcess process in all)
        {
            ByteShadow marks = process.Memory.OpenByteShadow();
            Assert.Equal((isEnforced, refusesUninitialized), (marks.IsEnforced, marks.RefusesUninitialized));
            for (uint at = 0; at < 8 * 4096; at += 4)
                Assert.Equal((at, Expected(at)), (at, marks[World.At(0) + at]));
            foreach (uint at in (uint[])[0, 16, 4000, 4200, 3 * 4096, 6 * 4096])
            {
                bool isRefused = isEnforced
                    && (Expected(at) == ByteState.Unaddressable || (refusesUninitialized && Expected(at) == ByteState.Uninitialized));
                Assert.Equal(!isRefused, process.Memory.Mmu.TryRead(World.At(0) + at, out byte _, out _));
            }
        }

        world.Verify();
        other.Verify();
    }

    /// <summary>A shadow without marks is a shadow: an embedder that opened one with its settings finds them.</summary>
    [Fact]
    public void SettingsWithoutMarksAreKept()
    {
        using World world = new(), other = new();
        world.Memory.OpenByteShadow().IsEnforced = false;
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        foreach (UserProcess process in (UserProcess[])[other.Engine.CloneProcess(image), other.Engine.CloneProcess(image),
            other.Engine.SavedProcesses.Load(new MemoryStream(SavedStream.Of(snapshot).ToBytes()))])
            Assert.False(process.Memory.OpenByteShadow().IsEnforced);
    }

    private static ByteState Expected(uint at) => at switch
    {
        >= 16 and < 20 or >= 3 * 4096 and < 5 * 4096 => ByteState.Unaddressable,
        >= 4000 and < 4200 or >= 6 * 4096 and < 7 * 4096 => ByteState.Uninitialized,
        _ => ByteState.Good,
    };
}
