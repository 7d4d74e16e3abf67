using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>What is saved of a space besides its areas: written and read in this order.</summary>
internal struct SavedState
{
    /// <summary>In <see cref="Switches"/>: places are chosen downwards.</summary>
    public const uint TopDown = 1;

    public VirtualAddress Break, StartBreak;
    public uint Switches;
    public AreaFlags DefaultFlags;
    public PageNumber MmapBase;
    public ProgramExtents Image;
    public ResourceLimits Limits;

    public static SavedState Of(Space space) => new()
    {
        Break = space.Break,
        Switches = (space.Layout.IsTopDown ? TopDown : 0) | (space.IsPrivileged ? 2u : 0) | (space.ReadImpliesExecute ? 4u : 0)
            | ((uint)space.ExecuteGain << 3) | (space.MergesAll ? 32u : 0) | ((uint)space.HugeLines.Policy << 6),
        DefaultFlags = space.DefaultFlags,
        MmapBase = space.Layout.MmapBase,
        StartBreak = space.Layout.StartBreak,
        Image = space.Layout.Image,
        Limits = space.Limits,
    };

    public static SavedState Read(ChecksummedReader reader)
    {
        SavedState state = new()
        {
            Break = new(reader.ReadWord()),
            Switches = reader.ReadWord(),
            DefaultFlags = (AreaFlags)reader.ReadWord(),
            MmapBase = new(reader.ReadWord()),
            StartBreak = new(reader.ReadWord()),
            Image = new(ReadAddress(), ReadAddress(), ReadAddress(), ReadAddress(), ReadAddress(), ReadAddress(), ReadAddress(),
                ReadAddress()),
        };
        state.Limits.Data = reader.ReadLong();
        state.Limits.Stack = reader.ReadLong();
        state.Limits.LockedMemory = reader.ReadLong();
        state.Limits.AddressSpace = reader.ReadLong();
        return state;

        VirtualAddress ReadAddress() => new(reader.ReadWord());
    }

    public readonly void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Break.Value);
        writer.Write(Switches);
        writer.Write((uint)DefaultFlags);
        writer.Write(MmapBase.Value);
        writer.Write(StartBreak.Value);
        foreach (VirtualAddress address in (ReadOnlySpan<VirtualAddress>)[Image.StartCode, Image.EndCode, Image.StartData, Image.EndData,
            Image.StartStack, Image.ArgumentStart, Image.ArgumentEnd, Image.EnvironmentEnd]) writer.Write(address.Value);
        writer.Write(Limits.Data);
        writer.Write(Limits.Stack);
        writer.Write(Limits.LockedMemory);
        writer.Write(Limits.AddressSpace);
    }

    public readonly void Apply(Space space)
    {
        space.Break = Break;
        space.Layout = new() { IsTopDown = (Switches & TopDown) != 0, MmapBase = MmapBase, StartBreak = StartBreak, Image = Image };
        space.IsPrivileged = (Switches & 2) != 0;
        space.ReadImpliesExecute = (Switches & 4) != 0;
        space.ExecuteGain = (Switches & 8) == 0 ? ExecuteGain.Allowed : (ExecuteGain)((Switches >> 3) & 3);
        space.HugeLines.Policy = (TransparentPolicy)Math.Min((Switches >> 6) & 3, (uint)TransparentPolicy.OnlyAdvised);
        space.MergesAll = (Switches & 32) != 0;
        space.DefaultFlags = DefaultFlags;
        space.Limits = Limits;
    }
}

/// <summary>An area as it is saved.</summary>
/// <param name="Range">Its pages.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="PageOffset">The offset of its first page in its file or in anonymous memory.</param>
/// <param name="File">The number of its open file, which areas share; <see cref="SnapshotFormat.NoFile"/> without one.</param>
/// <param name="Name">The name of the file; empty without one.</param>
internal readonly record struct SavedArea(PageRange Range, AreaFlags Flags, FilePage PageOffset, uint File, string Name)
{
    public static SavedArea Read(ChecksummedReader reader)
    {
        PageRange range = new(new(reader.ReadWord()), new(reader.ReadWord()));
        SavedArea area = new(range, SnapshotFormat.FromSaved(reader.ReadWord()), new(reader.ReadWord()), reader.ReadWord(), "");
        return area.File == SnapshotFormat.NoFile ? area : area with { Name = reader.ReadText() };
    }

    public void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Range.First.Value);
        writer.Write(Range.Count.Value);
        writer.Write(SnapshotFormat.ToSaved(Flags));
        writer.Write(PageOffset.Value);
        writer.Write(File);
        if (File != SnapshotFormat.NoFile) writer.Write(Name);
    }
}
