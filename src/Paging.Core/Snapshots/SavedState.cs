using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>The saved state of a space without its areas, in the order in which it is written and read.</summary>
internal struct SavedState
{
    /// <summary>In <see cref="Switches"/>: places are chosen downwards.</summary>
    public const uint TopDown = 1;

    /// <summary>In <see cref="Switches"/>: the bounds follow, as they are not Linux's.</summary>
    public const uint HasBounds = 1u << 8;

    /// <summary>In <see cref="Switches"/>: the host's state follows the limits.</summary>
    public const uint HasHostState = 1u << 9;

    /// <summary>In <see cref="Switches"/>: shared memory follows, and areas name it.</summary>
    public const uint HasSharedMemory = 1u << 10;

    /// <summary>In <see cref="Switches"/>: the process has a shadow of its bytes, and the marks follow the pages.</summary>
    public const uint HasShadow = 1u << 11;

    /// <summary>In <see cref="Switches"/>: the shadow refuses accesses.</summary>
    public const uint EnforcesShadow = 1u << 12;

    /// <summary>In <see cref="Switches"/>: the shadow refuses to read uninitialized bytes.</summary>
    public const uint RefusesUninitialized = 1u << 13;

    /// <summary>In <see cref="Switches"/>: descriptors follow the areas of a process that is saved alone.</summary>
    public const uint WithDescriptors = 1u << 14;

    /// <summary>In <see cref="Switches"/>: counts of faults and peaks follow the host's state.</summary>
    public const uint WithUsage = 1u << 15;

    public VirtualAddress Break, StartBreak;
    public uint Switches;
    public SpaceBounds Bounds;
    public byte[]? HostState;
    public AreaFlags DefaultFlags;
    public PageNumber MmapBase;
    public ProgramExtents Image;
    public ResourceLimits Limits;
    public SavedUsage Usage;

    /// <summary>True if shared memory is saved with the process.</summary>
    public readonly bool HasMemories => (Switches & HasSharedMemory) != 0;

    /// <summary>True if descriptors are saved with the process.</summary>
    public readonly bool HasDescriptors => (Switches & WithDescriptors) != 0;

    public static SavedState Of(Space space, byte[]? hostState, bool hasMemories, bool hasDescriptors) => new()
    {
        Break = space.Break,
        Switches = (space.Layout.IsTopDown ? TopDown : 0) | (space.IsPrivileged ? 2u : 0) | (space.ReadImpliesExecute ? 4u : 0)
            | ((uint)space.ExecuteGain << 3) | (space.MergesAll ? 32u : 0) | ((uint)space.HugeLines.Policy << 6)
            | (space.Bounds == SpaceBounds.Linux ? 0 : HasBounds) | (hostState is null ? 0 : HasHostState)
            | (hasMemories ? HasSharedMemory : 0) | SwitchesOf(space.Shadow) | (hasDescriptors ? WithDescriptors : 0)
            | WithUsage,
        Bounds = space.Bounds,
        HostState = hostState,
        DefaultFlags = space.DefaultFlags,
        MmapBase = space.Layout.MmapBase,
        StartBreak = space.Layout.StartBreak,
        Image = space.Layout.Image,
        Limits = space.Limits,
        Usage = SavedUsage.Of(space),
    };

    private static SavedState Read(ChecksummedReader reader)
    {
        SavedState state = new() { Break = new(reader.ReadWord()), Switches = reader.ReadWord() };
        state = state with
        {
            Bounds = (state.Switches & HasBounds) == 0 ? SpaceBounds.Linux : new(ReadPage(), ReadPage(), ReadPage()),
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
        if ((state.Switches & HasHostState) != 0) state.HostState = ReadHostState(reader);
        if ((state.Switches & WithUsage) != 0) state.Usage = SavedUsage.Read(reader);
        return state;

        VirtualAddress ReadAddress() => new(reader.ReadWord());
        PageNumber ReadPage() => new(reader.ReadWord());
    }

    /// <summary>Reads the state, and checks its numbers.</summary>
    /// <exception cref="InvalidDataException">They do not describe the layout of a process.</exception>
    public static SavedState ReadChecked(ChecksummedReader reader)
    {
        SavedState state = Read(reader);
        bool isSound = state.Bounds.IsSound
            && Math.Max(state.Break.Value, state.StartBreak.Value) <= state.Bounds.Count.Bytes && state.MmapBase <= state.Bounds.End
            && (state.DefaultFlags & ~AreaFlags.LockedMask) == 0;
        return isSound ? state : throw ChecksummedReader.Damaged("the layout is none of the user half");
    }

    public readonly void WriteTo(ChecksummedWriter writer)
    {
        writer.Write(Break.Value);
        writer.Write(Switches);
        ReadOnlySpan<PageNumber> bounds = [Bounds.LowestFixed, Bounds.Lowest, Bounds.End];
        if ((Switches & HasBounds) != 0) foreach (PageNumber page in bounds) writer.Write(page.Value);
        writer.Write((uint)DefaultFlags);
        writer.Write(MmapBase.Value);
        writer.Write(StartBreak.Value);
        foreach (VirtualAddress address in (ReadOnlySpan<VirtualAddress>)[Image.StartCode, Image.EndCode, Image.StartData, Image.EndData,
            Image.StartStack, Image.ArgumentStart, Image.ArgumentEnd, Image.EnvironmentEnd]) writer.Write(address.Value);
        writer.Write(Limits.Data);
        writer.Write(Limits.Stack);
        writer.Write(Limits.LockedMemory);
        writer.Write(Limits.AddressSpace);
        if (HostState is not null)
        {
            writer.Write((uint)HostState.Length);
            writer.Write(HostState.AsSpan());
        }

        if ((Switches & WithUsage) != 0) Usage.WriteTo(writer);
    }

    /// <summary>True if the process has a shadow of its bytes.</summary>
    public readonly bool HasShadowMarks => (Switches & HasShadow) != 0;

    /// <summary>Gives a shadow its settings.</summary>
    public readonly void Apply(ShadowTree shadow)
    {
        shadow.IsEnforced = (Switches & EnforcesShadow) != 0;
        shadow.RefusesUninitialized = (Switches & RefusesUninitialized) != 0;
    }

    private static uint SwitchesOf(ShadowTree? shadow) => shadow is null ? 0
        : HasShadow | (shadow.IsEnforced ? EnforcesShadow : 0) | (shadow.RefusesUninitialized ? RefusesUninitialized : 0);

    public static byte[] ReadHostState(ChecksummedReader reader)
    {
        uint length = reader.ReadWord();
        if (length > IHostState.ByteLengthMax) throw ChecksummedReader.Damaged("the host's state is too long");
        byte[] bytes = new byte[length];
        reader.Read(bytes);
        return bytes;
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
        Usage.Apply(space);
    }
}

/// <summary>An area as it is saved.</summary>
/// <param name="Range">Its pages.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="PageOffset">The offset of its first page in its file or in anonymous memory.</param>
/// <param name="File">The number of its open file, which areas share; <see cref="SnapshotFormat.NoFile"/> without one.</param>
/// <param name="Name">The name of the file; empty without one, and for shared memory that is saved with the process.</param>
/// <param name="Memory">The place of that memory in the saved form, from 1; 0: the loader is asked for the file by its name.</param>
internal readonly record struct SavedArea(PageRange Range, AreaFlags Flags, FilePage PageOffset, uint File, string Name, uint Memory = 0)
{
    public static SavedArea Read(ChecksummedReader reader, bool hasMemories, uint memoryCount)
    {
        PageRange range = new(new(reader.ReadWord()), new(reader.ReadWord()));
        SavedArea area = new(range, SnapshotFormat.FromSaved(reader.ReadWord()), new(reader.ReadWord()), reader.ReadWord(), "");
        if (area.File == SnapshotFormat.NoFile) return area;
        if (hasMemories) area = area with { Memory = reader.ReadWord() };
        if (area.Memory > memoryCount) throw ChecksummedReader.Damaged("an area maps shared memory that is not there");
        return area.Memory != 0 ? area : area with { Name = reader.ReadText() };
    }

    public void WriteTo(ChecksummedWriter writer, bool hasMemories)
    {
        writer.Write(Range.First.Value);
        writer.Write(Range.Count.Value);
        writer.Write(SnapshotFormat.ToSaved(Flags));
        writer.Write(PageOffset.Value);
        writer.Write(File);
        if (File == SnapshotFormat.NoFile) return;
        if (hasMemories) writer.Write(Memory);
        if (Memory == 0) writer.Write(Name);
    }
}
