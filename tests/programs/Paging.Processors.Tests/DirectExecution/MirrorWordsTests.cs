using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>Words that are read table by table are those of a walk for each page, whatever the tables hold.</summary>
public sealed class MirrorWordsTests
{
    [Theory]
    [InlineData(TableFormat.Classic, 1)]
    [InlineData(TableFormat.Classic, 2)]
    [InlineData(TableFormat.Pae, 3)]
    public void TheyAreThoseOfWalks(TableFormat format, int seed)
    {
        const uint accessed = 0x20, dirty = 0x40, rights = 7;
        Random random = new(seed);
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        for (uint frame = 1; frame < 9; frame++)
        {
            Span<uint> words = ram.Words(new(frame));
            for (int i = 0; i < words.Length; i++)
            {
                bool isTable = random.Next(3) > 0, isBeyond = random.Next(16) == 0, isHigh = format == TableFormat.Pae && (i & 1) != 0;
                uint bits = random.Next(4) == 0 ? (uint)random.Next(4096) : rights | accessed | (random.Next(2) == 0 ? dirty : 0);
                uint leads = isBeyond ? 0x1000 : isTable ? (uint)random.Next(1, 9) : (uint)random.Next(256);
                words[i] = isHigh ? 0 : (leads << 12) | (bits & (random.Next(8) == 0 ? ~0u : ~0x80u));    // PS rarely
            }
        }

        MirrorWords reader = new(ram, format);
        int shown = 0;
        reader.Begin(new(1));
        for (int i = 0; i < 20_000; i++)
        {
            PageNumber page = new((uint)random.Next(0x10_0000));
            if (random.Next(4) > 0) page = new((page.Value & ~0x3FFu) | (uint)(i & 0x3FF));
            WalkResult walk = Walker.Peek(ram, format, new(1), page);
            ulong expected = walk.Physical.Frame.Value < ram.FrameCount.Value ? PageMirror.WordOf(walk) : 0;
            Assert.Equal(expected, reader.WordOf(page));
            if (expected != 0) shown++;
        }

        Assert.True(format == TableFormat.Pae || shown > 1000, $"{shown}");
    }
}
