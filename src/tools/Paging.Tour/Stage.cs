using System.Runtime.ExceptionServices;
using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Pictures;
using Paging.Pictures.Pages;
using Paging.Pictures.Snapshots;
using Paging.Programs;

namespace Paging.Tour;

/// <summary>A live engine, the files and processes of a story, and the steps told so far.</summary>
public sealed class Stage : IDisposable, IProgramFiles
{
    private readonly List<StoryStep> _steps = [];
    private readonly List<GuestFile> _files = [];
    private readonly Dictionary<string, ProgramImage> _images = new(StringComparer.Ordinal);
    private readonly List<StoryCamera> _cameras = [];
    private PagingEngine? _engine;
    private ProgramLoader? _loader;    // one, so that the chance of each program is another
    private MachineView? _before;

    internal Stage() { }

    /// <summary>The steps told so far.</summary>
    internal IReadOnlyList<StoryStep> Steps => _steps;

    /// <summary>The machine: 2 MB of RAM, unless <see cref="Begin"/> was called with other options.</summary>
    public PagingEngine Engine => _engine ??= new(new EngineOptions { RamBytes = 2 << 20, Seed = 1 });

    /// <summary>Executes programs on it.</summary>
    internal ProgramLoader Loader => _loader ??= new(Engine);

    /// <summary>Builds the machine with other options. Before its first use.</summary>
    internal void Begin(EngineOptions options) => _engine = new(options);

    /// <summary>
    /// Does something in a process on a thread with a virtual processor of its own, and waits for it. The machine has to allow threads.
    /// </summary>
    internal void OnThread(UserProcess process, string name, Action work)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                using VirtualProcessor processor = Engine.Threads.CreateProcessor(name);
                processor.Run(process);
                work();
                processor.Rest();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>Replaces the machine with another one. Only the steps told so far stay.</summary>
    internal void BeginAgain(EngineOptions options)
    {
        _engine?.Dispose();
        _files.Clear();
        _images.Clear();
        _cameras.Clear();
        (_engine, _loader, _before) = (new(options), null, null);
    }

    /// <summary>Makes another process.</summary>
    internal UserProcess Process(string name, ProcessOptions? options = null) =>
        Engine.CreateProcess(name, options ?? ProcessOptions.Default);

    /// <summary>Loads the article's program into a process, without chance unless it is asked for.</summary>
    internal UserProcess Program(string name, out ExecutedProgram program, AddressLayout layout = AddressLayout.Flexible,
        bool isRandomized = false)
    {
        UserProcess process = Process(name);
        using EngineHold hold = Engine.EnterSlowPath();
        ProgramImage image = ImageOf("gonzo", name);
        Ok(Loader.Execute(process, image,
            new() { Files = this, Path = "/bin/" + name, Arguments = [name], IsRandomized = isRandomized, Layout = layout }, out program));
        return process;
    }

    /// <summary>Executes the article's program in a process, at addresses left to chance.</summary>
    internal Errno Execute(UserProcess process, out ExecutedProgram program)
    {
        Ok(Find("gonzo", out ProgramImage? image));
        return Loader.Execute(process, image!,
            new() { Files = this, Path = "/bin/gonzo", Arguments = ["gonzo"], IsRandomized = true }, out program);
    }

    /// <summary>A file on a disk, whose pages the pictures show. Every page begins with its own number.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="pages">Its length.</param>
    /// <param name="disk">The disk that holds it.</param>
    public GuestFile DiskFile(string name, uint pages, out MemoryBacking disk)
    {
        byte[] bytes = new byte[pages << 12];
        for (uint page = 0; page < pages; page++) BitConverter.TryWriteBytes(bytes.AsSpan((int)(page << 12)), page);
        disk = new(bytes, bytes.Length * 2);
        return Shown(Engine.Files.CreateFile(name, disk));
    }

    /// <summary>Shows a file's pages from now on.</summary>
    internal GuestFile Shown(GuestFile file)
    {
        _files.Add(file);
        return file;
    }

    /// <summary>A file that was shown, by its name.</summary>
    internal GuestFile FileOf(string name) => _files.First(file => string.Equals(file.Name, name, StringComparison.Ordinal));

    /// <summary>Switches a swap device on.</summary>
    public SwapDevice Swap(ulong bytes)
    {
        Ok(Engine.Swap.SwitchOn(new MemorySwapStore(bytes), out SwapDevice? device));
        return device!;
    }

    /// <summary>The subjects of the pictures of the following steps.</summary>
    public void Show(params ReadOnlySpan<StoryCamera> cameras)
    {
        _cameras.Clear();
        _cameras.AddRange(cameras);
    }

    /// <summary>Ends a step: audits the engine, looks at it, and draws it.</summary>
    /// <param name="title">The title of the step.</param>
    /// <param name="call">The call, as a program writes it.</param>
    /// <param name="text">Its explanation, in paragraphs.</param>
    public void Step(string title, string call, string text)
    {
        Engine.Audit().ThrowIfBroken();
        using EngineHold hold = Engine.EnterSlowPath();
        MachineView now = MachineView.Take(Engine, _files);
        StoryLook look = new(now, _before);
        _steps.Add(new(title, call, text, [.. _cameras.Select(camera => camera(look)).OfType<Figure>()]));
        _before = now;
    }

    /// <summary>The machine now, for a picture of several moments.</summary>
    internal MachineView Look()
    {
        using EngineHold hold = Engine.EnterSlowPath();
        return MachineView.Take(Engine, _files);
    }

    /// <summary>The signal of a refused access, as a scenario has it: its name and its code.</summary>
    internal static string SignalOf(MemoryFault fault) => fault.Kind switch
    {
        MemoryFaultKind.NotMapped => "SIGSEGV SEGV_MAPERR",
        MemoryFaultKind.NotAllowed => "SIGSEGV SEGV_ACCERR",
        MemoryFaultKind.BusError => "SIGBUS BUS_ADRERR",
        _ => throw new InvalidOperationException($"The story's access was not refused: {fault.Kind}."),
    };

    /// <summary>A call of a story that must succeed.</summary>
    internal static void Ok(Errno error, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(error))] string? call = null)
    {
        if (error != Errno.None) throw new InvalidOperationException($"The story's call failed with {error}: {call}");
    }

    /// <inheritdoc/>
    public Errno Find(string path, out ProgramImage? image)
    {
        string name = Path.GetFileName(path);
        image = null;
        if (!_images.ContainsKey(name) && typeof(Stage).Assembly.GetManifestResourceInfo(name) is null) return Errno.ENOENT;
        image = ImageOf(name, name);
        return Errno.None;
    }

    /// <summary>One of the programs that come with this assembly, in a file that may have another name.</summary>
    private ProgramImage ImageOf(string resource, string name)
    {
        if (_images.TryGetValue(name, out ProgramImage? image)) return image;
        using Stream stream = typeof(Stage).Assembly.GetManifestResourceStream(resource)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        image = ProgramImage.Of(Shown(Engine.Files.CreateFile(name, new MemoryBacking(bytes, bytes.Length))));
        _images.Add(name, image);
        return image;
    }

    /// <inheritdoc/>
    public void Dispose() => _engine?.Dispose();
}
