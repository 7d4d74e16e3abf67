using System.Globalization;
using System.Text;
using Paging.Cli.Programs;
using Paging.Core;
using Paging.Native;
using Paging.Programs.Cores;
using Paging.Scripting.Calls;
using Paging.View;

namespace Paging.Cli.View;

/// <summary>A core file: one step makes a process with its memory; calls that are typed in follow.</summary>
internal sealed class ViewedCore : IViewedRun
{
    private const ulong UsualRamBytes = 64 << 20;    // for page tables: the pages are the image's
    private const int ThreadCountMax = 8, EventCapacity = 1 << 16;
    private readonly CoreImage _image;
    private readonly string? _root;
    private readonly EngineOptions _options;
    private readonly List<ViewedStep> _steps = [new("core", "the process of the core file")];
    private readonly TypedCalls _typed = new();
    private PagingEngine _engine;
    private EventRecorder? _events;    // ends with the engine

    private ViewedCore(CoreImage image, string? root, EngineOptions options)
    {
        (_image, _root, _options) = (image, root, options);
        _engine = new(options);
    }

    public PagingEngine Engine => _engine;

    public IReadOnlyList<ViewedStep> Steps => _steps;

    public bool IsComplete => true;

    public int Position { get; private set; }

    /// <summary>The signal, the threads, and the pages that are missing.</summary>
    public ViewedProgramState? Program => new(Describe(), "");

    /// <summary>The pages that are missing, and where they were looked for, in lines.</summary>
    public IEnumerable<string> Gaps => CoreGaps.Describe(_image, _root);

    /// <summary>Returns true if a file begins as a core file or a minidump does, of any machine.</summary>
    public static bool IsCore(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[18];
            bool isWhole = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length;
            bool isCore = start.StartsWith("\u007fELF"u8) && start[16] == 4 && start[17] == 0;    // ET_CORE
            return isWhole && (isCore || start.StartsWith("MDMP"u8));
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            return false;    // opening it again reports the reason
        }
    }

    /// <summary>Opens a core file. Returns null, with the reason, if it cannot be shown.</summary>
    public static ViewedCore? Open(string path, ViewerOptions request, out string? refusal)
    {
        refusal = null;
        try
        {
            using CoreFile core = CoreFile.Open(path);
            CoreImage image = CoreImage.Of(core, name => UserFiles.OpenBelow(request.Root, name));
            ViewedCore viewed = new(image, request.Root, new EngineOptions
            {
                RamBytes = request.RamBytes ?? UsualRamBytes,
                Tables = request.Tables,
                Overcommit = OvercommitMode.Always,    // the process had its memory; a core file does not say what was MAP_NORESERVE
            });
            if (viewed.TryFit()) return viewed;
            viewed.Dispose();
            refusal = $"{path}: its page tables do not fit into this RAM: --ram SIZE";
        }
        catch (Exception failure) when (failure is CoreFormatException or NotSupportedException)
        {
            refusal = $"{path}: {failure.Message}";
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            refusal = UserFiles.Explain(path, failure);
        }

        return null;
    }

    /// <summary>Returns true if the process fits into the engine.</summary>
    private bool TryFit()
    {
        try
        {
            Restart(1);
            Restart(0);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public bool TryStep(ICollection<EngineEvent> happened)
    {
        if (Position == _steps.Count) return false;
        if (Position == 0)
        {
            _ = _image.Clone(_engine);
            _events = _engine.RecordEvents(EventCapacity);
        }
        else _steps[Position] = _typed.Execute(_engine, Position);

        Position++;
        EventCollector collector = new(happened);
        _events!.Drain(ref collector);
        return true;
    }

    public void Restart(int position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)_steps.Count, nameof(position));
        _engine.Dispose();
        _engine = new(_options);
        Position = 0;
        while (Position < position) TryStep([]);
    }

    /// <summary>Makes the typed calls again on an engine of its own. What the process had written before is not known.</summary>
    public ViewedWrite? FindLastWrite(int processId, VirtualAddress address, TimeSpan patience)
    {
        if (Position <= 1) return null;
        WriteFollower writes = new(address);
        TypedCalls typed = _typed.Copy();
        using PagingEngine engine = new(_options);
        _ = _image.Clone(engine);
        for (int step = 1; step < Position; step++)
        {
            writes.Look(engine, step);
            typed.Execute(engine, step);
        }

        return writes.LastOf(processId);
    }

    public string? Insert(string line)
    {
        if (Position == 0) return "the process of the core file comes with the first step";
        ViewedStep made = _typed.Insert(_engine, Position, line, static _ => null, out string? refusal);
        if (refusal is not null) return refusal;
        _steps.RemoveRange(Position, _steps.Count - Position);
        _steps.Add(made);
        return null;
    }

    public ScenarioCall? CallOf(int step) => _typed.Find(step);

    public void TakeOut()
    {
        _typed.DropFrom(Position);
        _steps.RemoveRange(Position, _steps.Count - Position);
    }

    public void Dispose() => _engine.Dispose();

    private string Describe()
    {
        CoreProcess process = _image.Process;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{process.Arguments ?? process.Name}\n");
        if (process.Signal != 0) text.Append(CultureInfo.InvariantCulture, $"ended by {Run.RunEnding.Describe(process.Signal)}\n");
        foreach (CoreThread thread in process.Threads.Take(ThreadCountMax))
        {
            CoreRegisters at = thread.Registers;
            text.Append(CultureInfo.InvariantCulture, $"\nthread {thread.Id}\n");
            text.Append(CultureInfo.InvariantCulture, $"eax {at.Eax:x8}  ebx {at.Ebx:x8}  ecx {at.Ecx:x8}  edx {at.Edx:x8}\n");
            text.Append(CultureInfo.InvariantCulture, $"esi {at.Esi:x8}  edi {at.Edi:x8}  ebp {at.Ebp:x8}  esp {at.Esp:x8}\n");
            text.Append(CultureInfo.InvariantCulture, $"eip {at.Eip:x8}  eflags {at.Eflags:x8}\n");
        }

        if (process.Threads.Count > ThreadCountMax)
            text.Append(CultureInfo.InvariantCulture, $"\nand {process.Threads.Count - ThreadCountMax} threads more\n");
        foreach (string line in Gaps) text.Append(CultureInfo.InvariantCulture, $"\n{line}\n");
        return text.ToString();
    }
}
