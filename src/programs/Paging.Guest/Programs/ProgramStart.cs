using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Checking;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using Paging.Programs;
using Paging.Programs.Cores;

namespace Paging.Guest.Programs;

/// <summary>The program that execve(2) or execveat(2) names.</summary>
/// <param name="Directory">The directory of a relative path.</param>
/// <param name="Path">The path; empty for the file of the descriptor.</param>
/// <param name="ShownPath">The path that the program (AT_EXECFN) and a script's interpreter get.</param>
/// <param name="Follow">True to follow a link as the last name.</param>
internal readonly record struct ProgramName(Descriptor Directory, string Path, string ShownPath, bool Follow)
{
    public static ProgramName Of(string path) => new(Descriptor.WorkingDirectory, path, path, Follow: true);
}

/// <summary>
/// execve(2): finds the image in the guest's tree, loads it, and makes the thread the only one of the new program.
/// </summary>
/// <remarks>Linux: fs/exec.c do_execveat_common, begin_new_exec; fs/binfmt_script.c.</remarks>
internal sealed class ProgramStart(PagingEngine engine, GuestKernelOptions options, HostWaits hostWaits, HostDisk disk,
    ProcessTree processes, FileTree tree, RootLayout layout, CurrentTask current, MemoryChecker? checker)
    : IProgramFiles
{
    // Linux: exec_binprm; BINPRM_BUF_SIZE without its zero; TASK_COMM_LEN without its zero; ADDR_NO_RANDOMIZE
    private const int ScriptDepthMax = 5, ScriptByteLength = 256, NameLengthMax = 15, NoRandomization = 0x0004_0000;

    private readonly PathReader _paths = new(tree);
    private readonly ProgramLoader _loader = new(engine);
    private GuestTask? _asker;

    /// <summary>Starts the first program. ENOENT and other errors if it cannot be executed; one that does not fit is killed.</summary>
    public Errno StartFirst(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        Errno error = AddFirst(engine.CreateProcess("init", Options), out GuestTask task);
        if (error != Errno.None) return error;
        error = Execute(task, ProgramName.Of(layout.Bring(path)), [path, .. arguments], environment);
        return task.IsDead ? Errno.None : error;    // killed in the middle, which is how the run ends
    }

    /// <summary>Makes the process of a core file the first one. Returns its first thread.</summary>
    /// <remarks>
    /// A thread that a signal has interrupted in a call makes the call again. The core file has no descriptors, handlers and timers.
    /// </remarks>
    public Errno StartCore(CoreImage image, out GuestTask task)
    {
        Errno error = AddFirst(image.Clone(engine, Options), out task);
        if (error != Errno.None) return error;
        task.Process.HasExecuted = true;
        task.Process.Memory.AuxiliaryVector = image.Process.AuxiliaryVector.ToArray();
        for (int i = 0; i < image.Process.Threads.Count; i++)
        {
            GuestTask thread = i == 0 ? task : processes.AddThread(task.Process);
            thread.Name = ByteText.FromHost(image.Process.Name ?? "core");
            CoreThreads.Load(thread, image.Process.Threads[i]);
        }

        return Errno.None;
    }

    private static ProcessOptions Options => new() { IsPrivileged = Credentials.OfHost.Can(Capability.LockMemory) };

    private Errno AddFirst(UserProcess core, out GuestTask task)
    {
        task = processes.AddFirst(core);
        GuestProcess process = task.Process;
        current.Task = task;
        process.WorkingDirectory = tree.Root;
        Errno error = tree.Walk(task, tree.Root, layout.WorkingDirectory, LastLink.Follow, out Place? start);
        using (start) process.WorkingDirectory = start?.Node ?? tree.Root;
        if (error != Errno.None) return error;
        HostLimits.CopyTo(process.Limits);
        process.Limits.ApplyTo(core.Memory);
        string[] names = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];
        for (int i = 0; i < names.Length; i++)
        {
            int host = options.StandardStreams[i];
            if (host >= 0 && HostLimits.IsInherited(host) && HostCalls.Status(host, out _) == Errno.None)
                process.Descriptors.Replace(new(i),
                    new HostStream(hostWaits, disk.OpenStream(host), host, HostLimits.FlagsOf(host), names[i]), closeOnExec: false);
        }

        return Errno.None;
    }

    /// <summary>Executes another program in the thread. After an error the thread continues, or has been killed.</summary>
    public Errno Execute(GuestTask task, ProgramName called, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        Errno error = Find(task, called, out RegularFile? file);
        if (error != Errno.None) return error;
        List<string> words = arguments.Count == 0 ? [""] : [.. arguments];    // programs read argv[0] (do_execveat_common, since 5.18)
        string name = called.ShownPath;
        for (int depth = 0; TryReadScript(file!, out string interpreter, out string? option, out error); depth++)
        {
            file!.Release();
            if (error != Errno.None) return error;
            if (depth == ScriptDepthMax) return Errno.ELOOP;    // exec_binprm
            words.RemoveAt(0);    // argv[0] gives way to the script's path (load_script)
            words.Insert(0, name);
            if (option is not null) words.Insert(0, option);    // one argument, spaces included (execve(2))
            words.Insert(0, interpreter);
            name = interpreter;
            error = FindInterpreter(task, interpreter, out file);
            if (error != Errno.None) return error;
        }

        error = file!.Status(out FileStatus status);
        Credentials who = task.Credentials.ForProgram(status, task.Process.Places.IsShared);
        ExecutedProgram program = default;
        if (error == Errno.None) error = Load(task, file, called.ShownPath, words, environment, who, out program);
        file.Release();
        if (error == Errno.None) Begin(task, called.ShownPath, program, who);
        if (error == Errno.None) checker?.NoteExecuted(task);
        return error;
    }

    public Errno Find(string path, out ProgramImage? image)
    {
        image = null;
        Errno error = FindInterpreter(_asker!, path, out RegularFile? file);
        if (error != Errno.None) return error;
        image = ProgramImage.Of(file!.File);
        file.Release();    // the inode keeps its pages; the areas that map it will hold it
        return Errno.None;
    }

    /// <summary>Finds the interpreter of a script or program. An empty path names the working directory. Linux: open_exec.</summary>
    private Errno FindInterpreter(GuestTask task, string path, out RegularFile? file)
    {
        file = null;
        return path.Length == 0 ? Errno.EACCES : Find(task, ProgramName.Of(path), out file);
    }

    private Errno Find(GuestTask task, in ProgramName name, out RegularFile? file)
    {
        file = null;
        Errno error;
        TreeNode? node;
        if (name.Path.Length == 0)
        {
            if (name.Directory.IsWorkingDirectory) return Errno.ENOENT;
            error = _paths.FindOpened(task, name.Directory, out node);
            if (error != Errno.None) return error;
            using (node) return OpenProgram(task, node!, out file);
        }

        error = _paths.Find(task, name.Directory, name.Path, name.Follow ? LastLink.Follow : LastLink.Keep, out Place? place);
        if (error != Errno.None) return error;
        using (place) return place!.Node is null ? Errno.ENOENT : OpenProgram(task, place.Node, out file);
    }

    /// <summary>
    /// Linux: do_open_execat. ELOOP for a link; EACCES if it is not a regular file or not executable; ETXTBSY if open for writing.
    /// </summary>
    private static Errno OpenProgram(GuestTask task, TreeNode node, out RegularFile? file)
    {
        file = null;
        Errno error = node.Status(out FileStatus status);
        if (error != Errno.None) return error;
        if (status.IsSymbolicLink) return Errno.ELOOP;
        if (!status.IsRegular || (status.Mode & FileModes.AllExecute) == 0) return Errno.EACCES;    // even for root
        error = Permissions.Check(task, status, AccessRights.Execute);
        if (error == Errno.None) error = node.Access(AccessRights.Execute);
        if (error != Errno.None) return error;
        error = node.Open(0, out OpenDescription? open);
        if (error != Errno.None) return error;
        file = open as RegularFile;
        if (file is { Inode.WriterCount: 0 }) return Errno.None;    // deny_write_access
        open!.Release();
        error = file is null ? Errno.EACCES : Errno.ETXTBSY;
        file = null;
        return error;
    }

    /// <summary>Reads the first line of a script. Returns false if the file does not begin with "#!".</summary>
    /// <param name="file">The file.</param>
    /// <param name="interpreter">The interpreter's path. Empty, it names the working directory, which cannot be executed.</param>
    /// <param name="option">The rest of the line; null for none.</param>
    /// <param name="error">ENOEXEC if the line names no interpreter, or may be cut within its path.</param>
    /// <remarks>Linux: fs/binfmt_script.c load_script.</remarks>
    private static bool TryReadScript(RegularFile file, out string interpreter, out string? option, out Errno error)
    {
        (interpreter, option, error) = ("", null, Errno.ENOEXEC);
        Span<byte> line = stackalloc byte[ScriptByteLength];
        line.Clear();    // zeros follow a shorter file
        file.ReadAt(0, line);
        if (line[0] != '#' || line[1] != '!') return false;
        int end = line.IndexOf((byte)'\n');
        if (end < 0)
        {
            int start = line[2..].IndexOfAnyExcept(" \t"u8);
            if (start < 0 || line[(2 + start)..].IndexOfAny(" \t\0"u8) < 0) return true;    // all blanks; or the path may be longer
            end = ScriptByteLength - 1;
        }

        ReadOnlySpan<byte> text = line[2..end].Trim(" \t"u8);
        if (text.IsEmpty) return true;
        int pathEnd = text.IndexOfAny(" \t\0"u8);
        ReadOnlySpan<byte> path = pathEnd < 0 ? text : text[..pathEnd], rest = pathEnd < 0 ? [] : text[pathEnd..];
        bool hasOption = !rest.IsEmpty && rest[0] != 0;    // a zero ends the line
        interpreter = ByteText.Of(path);
        if (hasOption) option = ByteText.Of(UntilZero(rest.TrimStart(" \t"u8)));
        error = Errno.None;
        return true;
    }

    private static ReadOnlySpan<byte> UntilZero(ReadOnlySpan<byte> text) =>
        text.IndexOf((byte)0) is var zero && zero < 0 ? text : text[..zero];

    private Errno Load(GuestTask task, RegularFile file, string path, List<string> words, IReadOnlyList<string> environment,
        Credentials who, out ExecutedProgram program)
    {
        GuestProcess process = task.Process;
        _asker = task;
        ExecutionRequest request = new()
        {
            Arguments = words,
            Environment = environment,
            Path = path,
            TextEncoding = ByteText.Encoding,
            Identity = new(who.User, who.EffectiveUser, who.Group, who.EffectiveGroup),
            Layout = options.Layout,
            IsRandomized = options.IsRandomized && (process.Personality & NoRandomization) == 0,
            KeepsMappings = options.Execution == GuestExecution.Emulated,    // whose translations of code are then kept
            Files = this,
        };
        SharedMemory memory = process.Memory;
        if (memory.IsShared)
        {
            memory = new SharedMemory(
                engine.CreateProcess(process.Threads[0].Name, new ProcessOptions { StackLimit = process.Limits[LimitTable.Stack].Soft }));
            AddressSpace before = process.Memory.Space;    // whose settings the program inherits (mm_init)
            memory.Space.ExecuteGain = before.ExecuteGain;
            memory.Space.IsAllMergeable = before.IsAllMergeable;
            memory.Space.HugePages.SetPolicy(before.HugePages.Policy);
        }

        process.Limits.ApplyTo(memory.Space);
        Errno error = _loader.Execute(memory.Core, ProgramImage.Of(file.File), request, out program);
        if (error == Errno.None)
        {
            if (memory != process.Memory) process.Memory.Release();
            process.Memory = memory;
            memory.Program = program;
            memory.Barriers = 0;    // membarrier_exec_mmap
            memory.AuxiliaryVector = AuxiliaryVectorOf(memory.Space, program.StackPointer);
            memory.Execute(file.Inode, file.Node);
            return Errno.None;
        }

        bool isTooLate = memory.Core.HasExited;
        if (memory != process.Memory) memory.Release();
        if (!isTooLate) return error;
        (task.RobustList, task.ClearChildId) = (VirtualAddress.Zero, VirtualAddress.Zero);    // they went with the old program
        processes.EndGroup(task, (int)SignalNumber.Segment);    // past the point of no return (bprm_execve)
        return error;
    }

    /// <summary>Reads the auxiliary vector after the pointers to arguments and environment, up to its pair of zeros.</summary>
    private static byte[] AuxiliaryVectorOf(AddressSpace space, VirtualAddress stack)
    {
        const int pairsMax = 64;    // more than any kernel writes
        VirtualAddress at = stack + sizeof(uint);
        for (int strings = 0; strings < 2; at += sizeof(uint))    // argv and envp each end in a zero
        {
            if (!space.Mmu.TryRead(at, out uint word)) return [];
            if (word == 0) strings++;
        }

        byte[] bytes = new byte[pairsMax * 2 * sizeof(uint)];
        int count = space.Mmu.CopyOut(at, bytes, out _) & ~7;    // whole pairs of words
        for (int pair = 0; pair < count; pair += 8)
        {
            if (BitConverter.ToUInt32(bytes, pair) == 0) return bytes[..(pair + 8)];
        }

        return [];
    }

    private void Begin(GuestTask task, string path, in ExecutedProgram program, Credentials who)
    {
        GuestProcess process = task.Process;
        processes.EndOthers(task);    // first: they run in the memory that goes
        task.BecomeFirst();
        // A set-user-ID program's memory may hold secrets (begin_new_exec)
        process.IsDumpable = who.EffectiveUser == who.User && who.EffectiveGroup == who.Group;
        task.Become(who);    // the only thread now, so its credentials are the process's
        process.Actions = process.Actions.Copy();
        process.Actions.ForgetHandlers();
        process.Descriptors = process.Descriptors.ForProgram();
        process.HasExecuted = true;
        process.ExitSignal = SignalNumber.Child;    // de_thread
        string name = path[(path.LastIndexOf('/') + 1)..];
        task.Name = name.Length > NameLengthMax ? name[..NameLengthMax] : name;
        process.Timers.Clear();
        task.AlternateStack = AlternateStack.None;
        task.ClearChildId = VirtualAddress.Zero;
        task.RobustList = VirtualAddress.Zero;
        task.Context.Reset();
        task.Registers.Eip = program.Entry.Value;
        task.Registers.Esp = program.StackPointer.Value;
        processes.ReleaseVforkParent(task);    // only now: its memory is its own again (mm_release)
    }
}
