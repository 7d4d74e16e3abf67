using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

/// <summary>Pages of a mapped file that the core file left out and that no file beside it supplies, or that went when it was cut.</summary>
/// <param name="FileName">The mapped file; "anonymous memory" if there is none.</param>
/// <param name="Range">The pages. An access to them is a bus error; those of anonymous memory read as zeros.</param>
/// <param name="Reason">Why nothing supplies them.</param>
public sealed record MissingPages(string FileName, PageRange Range, string Reason);

/// <summary>The memory of a core file, from which any number of engines make processes that share its pages until they write.</summary>
/// <remarks>Threading: any thread, at any time; a clone belongs to its engine.</remarks>
public sealed class CoreImage
{
    private readonly ConditionalWeakTable<PagingEngine, Dictionary<string, GuestFile>> _files = [];

    private CoreImage(ProcessImage memory, CoreProcess process, IReadOnlyList<MissingPages> missing) =>
        (Memory, Process, Missing) = (memory, process, missing);

    /// <summary>The memory, for <see cref="PagingEngine.CloneProcess"/> with files of the caller's.</summary>
    public ProcessImage Memory { get; }

    /// <summary>The process and its threads.</summary>
    public CoreProcess Process { get; }

    /// <summary>The pages that are missing.</summary>
    public IReadOnlyList<MissingPages> Missing { get; }

    /// <summary>Makes an image of a core file. The core file is not needed afterwards.</summary>
    /// <param name="core">The core file.</param>
    /// <param name="openFile">
    /// Opens a mapped file by its name, for the pages that the core file left out; it is used if it has the build identifier that the core
    /// file shows, and closed. Null, or a result of null: there is no such file.
    /// </param>
    /// <remarks>All memory is private to a clone, also memory that the process shared. Cost: O(pages), each read twice.</remarks>
    /// <exception cref="NotSupportedException">There are 2 GiB of pages with content.</exception>
    /// <exception cref="IOException">The core file, or a mapped file, cannot be read.</exception>
    public static CoreImage Of(CoreFile core, Func<string, Stream?>? openFile = null)
    {
        ArgumentNullException.ThrowIfNull(core);
        using CoreSupply supply = new(core, openFile);
        CoreLayout layout = CoreLayout.Of(core);
        ImageArea[] areas = [.. core.Areas.Select(area => new ImageArea(area.Range, area.Protection, area.FileName, area.FileOffset,
            layout.IsStack(area)))];
        ProcessImage memory = ProcessImage.Compose(core.Process.Name ?? "core", areas, supply.TryRead, layout.Program, layout.StartBreak,
            layout.EndOfHeap);
        return new(memory, core.Process, supply.Missing);
    }

    /// <summary>Makes a process with this memory.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="options">As for <see cref="PagingEngine.CloneProcess"/>.</param>
    /// <exception cref="NoMemoryException">The engine has too little memory.</exception>
    public UserProcess Clone(PagingEngine engine, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        Dictionary<string, GuestFile> files = _files.GetOrCreateValue(engine);
        return engine.CloneProcess(Memory, name =>
        {
            if (!files.TryGetValue(name, out GuestFile? file)) files.Add(name, file = engine.Files.CreateMemoryFile(name));    // empty
            return file;
        }, options);
    }
}
