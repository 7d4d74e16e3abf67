using Paging.Core;
using Paging.Native;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Words that foreign processors and devices could write into page tables: RAM belongs to the host as well.</summary>
internal sealed class WildWords(FuzzRandom random)
{
    private static ReadOnlySpan<byte> Fills => [0x00, 0x01, 0x67, 0x81, 0x87, 0xC1, 0xE3, 0xE7, 0xFE, 0xFF];

    /// <summary>Chooses the directory of a process, or one of its tables.</summary>
    public FrameNumber ChooseTable(PagingEngine engine, UserProcess process)
    {
        FrameNumber frame = process.Memory.PrepareWalk();
        int levels = random.Below(engine.Options.Tables == TableFormat.Pae ? 3 : 2);
        for (int level = 0; level < levels; level++) frame = Below(engine.Ram, frame);
        return frame;
    }

    /// <summary>Fills a frame with one word, or writes some wild ones into it.</summary>
    public void Spoil(PhysicalMemory ram, FrameNumber frame)
    {
        if (random.Percent(30)) ram.Fill(frame, random.OneOf(Fills));
        else SpoilWords(ram, frame);
    }

    /// <summary>A table that an entry of a frame leads to, or the frame itself.</summary>
    private FrameNumber Below(PhysicalMemory ram, FrameNumber upper)
    {
        uint[] tables = [.. ram.Words(upper).ToArray().Where(word => (word & 1) != 0 && word >> 12 < ram.FrameCount.Value)];
        return tables.Length == 0 ? upper : new(random.OneOf<uint>(tables) >> 12);
    }

    private void SpoilWords(PhysicalMemory ram, FrameNumber frame)
    {
        Span<uint> words = ram.Words(frame);
        int[] used = [.. Enumerable.Range(0, words.Length).Where(index => ram.Words(frame)[index] != 0)];
        for (int i = random.Below(16); i >= 0; i--)
        {
            uint inRam = random.Below(ram.FrameCount.Value) << 12, wild = (uint)random.Next();
            int index = used.Length != 0 && random.Percent(60) ? random.OneOf<int>(used) : random.Below(words.Length);
            words[index] = random.Below(6) switch
            {
                0 => inRam | 0x67,
                1 => inRam | 0xE7,
                2 => (inRam & 0xFFC0_0000) | 0xE7,
                3 => wild | 1,
                4 => (frame.Value << 12) | 0x67,    // its own table
                _ => wild,
            };
        }
    }
}
