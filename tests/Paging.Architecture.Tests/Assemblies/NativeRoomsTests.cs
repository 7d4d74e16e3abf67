using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>
/// The rooms of Paging.Native, the lowest first: a room may use itself and those before it. Types that embedders name are in one namespace.
/// </summary>
public sealed class NativeRoomsTests : RoomsTests
{
    private const string Native = "Paging.Native";

    private static readonly Room[] Rooms =
    [
        new($"{Native}.Primitives", "How numbers are written and read."),
        new(Native, "Numbers with a unit.", "FrameCount", "FrameNumber", "PageCount", "PageNumber", "PageRange", "PhysicalAddress",
            "SplitMix64", "VirtualAddress"),
        new($"{Native}.Diagnostics", "Checks and their exception, which thread owns an object, and allocations that fail in tests.",
            $"{Native}.InvariantException"),
        new(Native, "What an audit finds.", "AuditFinding", "AuditReport"),
        new($"{Native}.Collections", "Trees, lists, slabs and radix trees."),
        new(Native, "The words of page tables.", "AccessKind", "AccessKinds", "PageAccess", "PageDirectoryEntry", "PageFaultErrorCode",
            "PageTableEntry", "ProcessorMode", "TableFormat", "WalkResult", $"{Native}.Tables.EntryBits",
            $"{Native}.Tables.EntryText", $"{Native}.Tables.PaeDirectoryEntry", $"{Native}.Tables.PageMarker",
            $"{Native}.Tables.SwapEntry", $"{Native}.Tables.SwapEntryKind"),
        new(Native, "The words of frame descriptors.", "FrameDescriptor", "FrameState", $"{Native}.Frames.FrameFlags",
            $"{Native}.Frames.FrameHeader"),
        new($"{Native}.Memory", "RAM, the host's memory, and which pages and frames were written.", $"{Native}.HostMemory",
            $"{Native}.PhysicalMemory"),
        new($"{Native}.Frames", "What each frame is used for."),
        new($"{Native}.Allocation", "Zones, and which frames are free."),
        new($"{Native}.Translation", "Cached translations.", $"{Native}.TranslationCache", $"{Native}.TranslationTables",
            $"{Native}.LostTranslations"),
        new($"{Native}.Tables", "The page tables of a space: walks, changes, journals, audits.", $"{Native}.Walker"),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assemblies.Native.Location, Rooms);

    public NativeRoomsTests() : base(Native, Rooms, Reader, crossingCountMin: 50) { }
}
