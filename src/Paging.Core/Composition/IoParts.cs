using Paging.Core.Io;

namespace Paging.Core.Composition;

/// <summary>Builds the parts that read and write files: filling the cache, read-ahead, file I/O and hints.</summary>
internal sealed class IoParts
{
    public IoParts(MachineParts machine, FileParts files, PressureParts pressure, EngineOptions options)
    {
        PageReader reader = new(machine.Ram, files.Cache);
        Filler = new(machine.Store, files.Cache, files.SharedSwap, reader, pressure.Groups, pressure.Reclaimer, pressure.Pressure);
        WindowReader window = new(machine.Frames, machine.Allocator, files.Cache, reader, Filler, pressure.Pressure);
        ReadAhead = new(files.Cache, window);
        MappedReadAhead = new(machine.Frames, ReadAhead);
        Prefetch = new(machine.Allocator, files.Swap, files.SharedSwap, pressure.Reclaimer, options.SwapReadAheadPages);
        FileSizes sizes = new(files.Cache, files.Mappings, files.Writeback, Filler, new(files.Huge, files.Pool), files.Collapsed);
        FileIo io = new(machine.Store, files.Cache, files.SharedSwap, Filler, ReadAhead, files.Background, sizes, files.Huge);
        DirectIo direct = new(files.Cache, files.Mappings, files.Writeback, reader, io, sizes);
        FileHints hints = new(files.OpenFiles, files.Cache, files.Writeback, ReadAhead, options.ReadAheadPages);
        Calls = new(files.OpenFiles, io, sizes, new(files.OpenFiles, io, direct, sizes, hints, files.Writeback));
    }

    public PageFiller Filler { get; }
    public ReadAhead ReadAhead { get; }
    public MappedReadAhead MappedReadAhead { get; }
    public SwapPrefetch Prefetch { get; }
    public FileOperations Calls { get; }
}
