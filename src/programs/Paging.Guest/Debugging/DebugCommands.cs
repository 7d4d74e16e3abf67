using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors.Emulation;

namespace Paging.Guest.Debugging;

/// <summary>Answers gdb's packets while the program is stopped.</summary>
internal sealed class DebugCommands(
    PagingEngine engine, GuestProcessor processor, TaskTable tasks, TargetFiles files, WatchList watches)
{
    private const string Ok = "OK", Unknown = "", Fault = "E0e", BadArgument = "E16";    // EFAULT, EINVAL in hexadecimal
    private const int AllThreads = -1, NoThread = int.MaxValue;    // numbers of threads end before (PID_MAX_LIMIT)
    private const int PacketBytes = 0x4000;    // PacketSize in the answer to qSupported

    private bool _namesProcesses;    // threads are written as pPROCESS.THREAD
    private GuestTask? _chosen;
    private string _lastStop = "";

    public GuestProcess? Process { get; private set; }

    public TargetFiles Files => files;

    public WatchList Watches => watches;

    /// <summary>Commands on the program's history; null if none is recorded.</summary>
    public HistoryText? History { get; init; }

    /// <summary>True if the program is in its past, where nothing can be changed.</summary>
    public bool IsReadOnly { get; set; }

    public Resumption Resumption { get; private set; } = Resumption.Of('c');

    public bool IsRunning { get; private set; }

    public bool IsDetached { get; private set; }

    public bool IsKilled { get; private set; }

    /// <summary>The suffix that names the process in a W or X packet.</summary>
    public string Suffix => _namesProcesses ? string.Create(CultureInfo.InvariantCulture, $";process:{Process!.Id:x}") : "";

    public void Attach(GuestProcess process) => Process = process;

    /// <summary>Notes a stop of the program in a thread.</summary>
    public void Stop(GuestTask task, string stop) => (_chosen, _lastStop, IsRunning) = (task, stop, false);

    public string NameOf(GuestTask task) => _namesProcesses
        ? string.Create(CultureInfo.InvariantCulture, $"p{task.Process.Id:x}.{task.Id:x}")
        : task.Id.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Reads memory as far as possible. Missing pages are faulted in, as ptrace(2) does.</summary>
    public byte[] ReadMemory(VirtualAddress start, uint byteLength)
    {
        byte[] bytes = new byte[Math.Min(byteLength, PacketBytes)];
        int count = Process!.Memory.Space.Mmu.CopyOut(start, bytes, out _);
        return bytes[..count];
    }

    /// <summary>Removes all breakpoints and watchpoints.</summary>
    public void ClearStops()
    {
        Watches.Clear();
        if (Process is not null) processor.Debug.Process = null;
        processor.Debug.Watch([]);
    }

    /// <summary>Returns the answer; null if the program continues.</summary>
    public string? Execute(string packet) => packet[0] switch
    {
        '?' => _lastStop,
        'q' or 'Q' => Query(packet),
        'g' => DebugRegisters.ReadAll(_chosen!),
        'G' or 'P' or 'M' or 'X' when IsReadOnly => BadArgument,
        'G' => DebugRegisters.TryWriteAll(_chosen!, PacketText.ToBytes(packet.AsSpan(1))) ? Ok : BadArgument,
        'p' => DebugRegisters.Read(_chosen!, (int)PacketText.ToNumber(packet.AsSpan(1))) is { Length: > 0 } value ? value : BadArgument,
        'P' => WriteRegister(packet),
        'm' => Read(packet),
        'M' or 'X' => Write(packet),
        'H' => Choose(packet),
        'T' => FindThread(packet.AsSpan(1)) is not null ? Ok : BadArgument,
        'Z' or 'z' => ChangeStop(packet),
        'c' or 's' => Resume(Resumption.Of(packet[0])),
        'C' or 'S' => Resume(Resumption.Of(packet[0]).With(packet[0], -1, (int)PacketText.ToNumber(packet[1..].Split(';')[0]))),
        'b' when History is not null && packet is "bc" or "bs" => Resume(Resumption.Backward(packet[1])),
        'v' => ExecuteLong(packet),
        'k' => Kill(),
        'D' => NamesThis(packet.AsSpan(1)) ? Detach() : BadArgument,
        _ => Unknown,
    };

    private string? ExecuteLong(string packet)
    {
        if (packet.StartsWith("vFile:", StringComparison.Ordinal)) return files.Execute(_chosen, packet["vFile:".Length..]);
        if (packet is "vCont?") return "vCont;c;C;s;S";
        if (packet.StartsWith("vKill", StringComparison.Ordinal)) return NamesThis(packet.AsSpan("vKill".Length)) ? Kill() : BadArgument;
        return packet.StartsWith("vCont;", StringComparison.Ordinal) ? ResumeThreads(packet["vCont;".Length..]) : Unknown;
    }

    /// <summary>vCont;ACTION[:THREAD]… An error if an action is not known, or no thread would run.</summary>
    private string? ResumeThreads(string actions)
    {
        Resumption resumption = new();
        foreach (string action in actions.Split(';'))
        {
            string[] parts = action.Split(':', 2);
            int thread = AllThreads;
            bool isValid = TryAction(parts[0], out int signal) && (parts.Length == 1 || TryThread(parts[1], out thread));
            if (!isValid) return BadArgument;
            resumption.With(parts[0][0], thread, signal);
        }

        return Process!.Threads.Exists(task => !task.IsDead && resumption.Lets(task)) ? Resume(resumption) : BadArgument;
    }

    /// <summary>Returns true for c and s, and for C and S with a signal of two digits.</summary>
    private static bool TryAction(string action, out int signal)
    {
        signal = 0;
        return action is "c" or "s" || (action is ['C' or 'S', _, _] && PacketText.TryNumber(action.AsSpan(1), out signal));
    }

    /// <summary>Returns true if ";PID", or nothing, names the debugged process.</summary>
    private bool NamesThis(ReadOnlySpan<char> suffix) => suffix.IsEmpty
        || (suffix[0] == ';' && PacketText.TryNumber(suffix[1..], out int id) && id == Process!.Id);

    private string? Resume(Resumption resumption)
    {
        (Resumption, IsRunning) = (resumption, true);
        return null;
    }

    private string Kill()
    {
        IsKilled = true;
        return Ok;
    }

    private string Detach()
    {
        IsDetached = true;
        return Ok;
    }

    private string Query(string packet)
    {
        string name = packet.Split(':', ';', ',')[0];
        return name switch
        {
            "qSupported" => Supported(packet),
            "QStartNoAckMode" => Ok,
            "qC" => $"QC{NameOf(_chosen!)}",
            "qfThreadInfo" => "m" + string.Join(',', Process!.Threads.Where(static task => !task.IsDead).Select(NameOf)),
            "qsThreadInfo" => "l",
            "qAttached" => "0",    // so that gdb kills it when it quits
            "qThreadExtraInfo" => FindThread(packet.AsSpan(packet.IndexOf(',', StringComparison.Ordinal) + 1)) is { } thread
                ? PacketText.OfText(Describe(thread)) : BadArgument,
            "qRcmd" => Monitor(packet),
            "qXfer" => Transfer(packet),
            _ => Unknown,
        };
    }

    private string Supported(string packet)
    {
        _namesProcesses = packet.Contains("multiprocess+", StringComparison.Ordinal);
        string common = string.Create(CultureInfo.InvariantCulture, $"PacketSize={PacketBytes:x};QStartNoAckMode+;vContSupported+;")
            + "qXfer:features:read+;qXfer:auxv:read+;qXfer:exec-file:read+"
            + (History is null ? "" : ";ReverseStep+;ReverseContinue+");
        return _namesProcesses ? common + ";multiprocess+" : common;
    }

    private static string Describe(GuestTask task) => $"{task.Name}{(task.IsBlocked ? ", waits" : "")}";

    private string Monitor(string packet)
    {
        string command = Encoding.UTF8.GetString(PacketText.ToBytes(packet.AsSpan(Math.Min("qRcmd,".Length, packet.Length))));
        if (History is { } history && history.TryExecute(_chosen!, command, out string answer)) return PacketText.OfText(answer);
        string more = History is null ? "" : HistoryText.Help;
        return PacketText.OfText(MonitorText.Execute(engine, Process!.Memory.Space, command, more));
    }

    /// <summary>qXfer:OBJECT:read:ANNEX:OFFSET,LENGTH.</summary>
    private string Transfer(string packet)
    {
        string[] parts = packet.Split(':');
        if (parts.Length != 5 || parts[2] is not "read") return Unknown;
        string? whole = (parts[1], parts[3]) switch
        {
            ("features", "target.xml") => DebugRegisters.Description,
            ("auxv", _) => Encoding.Latin1.GetString(Process!.Memory.AuxiliaryVector),
            ("exec-file", _) => Process!.Memory.ExecutableNode?.Path,
            _ => null,
        };
        if (whole is null) return Unknown;
        (uint offset, uint length) = PacketText.ToPair(parts[4]);
        if (offset >= whole.Length) return "l";
        string part = whole.Substring((int)offset, (int)Math.Min(Math.Min(length, PacketBytes / 2), (uint)whole.Length - offset));
        return (offset + part.Length == whole.Length ? 'l' : 'm') + part;
    }

    private string WriteRegister(string packet)
    {
        int equals = packet.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && DebugRegisters.TryWrite(_chosen!, (int)PacketText.ToNumber(packet.AsSpan(1, equals - 1)),
            PacketText.ToBytes(packet.AsSpan(equals + 1))) ? Ok : BadArgument;
    }

    private string Read(string packet)
    {
        (uint start, uint length) = PacketText.ToPair(packet.AsSpan(1));
        byte[] bytes = ReadMemory(new(start), Math.Min(length, PacketBytes / 2));    // two digits per byte
        return bytes.Length == 0 && length != 0 ? Fault : PacketText.Of(bytes);
    }

    private string Write(string packet)
    {
        int colon = packet.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return BadArgument;
        (uint start, uint length) = PacketText.ToPair(packet.AsSpan(1, colon - 1));
        string data = packet[(colon + 1)..];
        byte[] bytes = packet[0] == 'X' ? Encoding.Latin1.GetBytes(data) : PacketText.ToBytes(data);
        if (bytes.Length != length) return BadArgument;
        return Process!.Memory.User.TryCopyTo(new(start), bytes) ? Ok : Fault;
    }

    private string Choose(string packet)
    {
        if (packet.Length < 2 || packet[1] != 'g') return Ok;    // Hc is obsolete: vCont names its threads
        if (!TryThread(packet.AsSpan(2), out int thread)) return BadArgument;
        if (thread == AllThreads) return Ok;
        if (FindThread(packet.AsSpan(2)) is not { } found) return BadArgument;
        _chosen = found;
        return Ok;
    }

    private GuestTask? FindThread(ReadOnlySpan<char> name) =>
        TryThread(name, out int id) && tasks.FindTask(id) is { IsDead: false } task && task.Process == Process ? task : null;

    /// <summary>
    /// Reads THREAD, pPROCESS.THREAD or pPROCESS. Returns false for other texts; the number of no thread for another process.
    /// </summary>
    /// <param name="name">The text: numbers are hexadecimal, −1 means all and 0 any.</param>
    /// <param name="thread">The thread; <see cref="AllThreads"/> for all or any of the debugged process.</param>
    private bool TryThread(ReadOnlySpan<char> name, out int thread)
    {
        thread = AllThreads;
        if (name.StartsWith('p'))
        {
            int dot = name.IndexOf('.');
            ReadOnlySpan<char> process = dot < 0 ? name[1..] : name[1..dot];
            if (!TryPositive(process, out int id)) return false;
            if (dot >= 0 && !TryPositive(name[(dot + 1)..], out thread)) return false;
            if (id != AllThreads && id != Process!.Id) thread = NoThread;
            return true;
        }

        return TryPositive(name, out thread);

        static bool TryPositive(ReadOnlySpan<char> text, out int number)
        {
            number = AllThreads;
            if (text is "-1") return true;
            if (!PacketText.TryNumber(text, out number)) return false;
            if (number == 0) number = AllThreads;
            return true;
        }
    }

    /// <summary>Z0 and Z1 are breakpoints, Z2 to Z4 watchpoints; z removes them.</summary>
    private string ChangeStop(string packet)
    {
        string[] parts = packet.Split(',', ';');
        if (parts.Length < 3 || packet.Length < 2) return BadArgument;
        bool isSet = packet[0] == 'Z';
        VirtualAddress at = new(PacketText.ToNumber(parts[1]));
        if (packet[1] is '0' or '1')
        {
            if (isSet) processor.Debug.SetBreakpoint(at);
            else processor.Debug.ClearBreakpoint(at);
            return Ok;
        }

        uint length = PacketText.ToNumber(parts[2]);
        if (packet[1] is < '2' or > '4') return Unknown;
        // Compared at each step
        if (length is 0 or > PacketBytes || (ulong)at.Value + length > PageCount.UserHalf.Bytes) return BadArgument;
        WatchedRange watch = new((WatchKind)(packet[1] - '0'), at, length);
        if (isSet) Watches.Add(watch);
        else Watches.Remove(watch);
        processor.Debug.Watch(Watches.Pages);
        return Ok;
    }
}
