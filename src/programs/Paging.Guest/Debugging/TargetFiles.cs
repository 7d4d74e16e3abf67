using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Debugging;

/// <summary>Files of the guest's tree that gdb reads: its libraries, and files of /proc for <c>info proc</c>.</summary>
/// <remarks>gdb's manual, "Host I/O Packets". Regular files only, for reading, with the rights of the debugged program.</remarks>
internal sealed class TargetFiles(FileTree tree)
{
    private const int NoEntry = 2, BadDescriptor = 9, NotPermitted = 1;    // gdb's own numbers of these three are Linux's
    private const int ReadMax = 1 << 16;    // a vFile:pread may return fewer bytes

    private readonly Dictionary<uint, OpenDescription> _open = [];
    private uint _next = 3;    // as if after the standard streams

    /// <summary>Executes <c>vFile:…</c>; empty for unsupported operations.</summary>
    public string Execute(GuestTask? task, string request)
    {
        string[] parts = request.Split(':', 2);
        if (parts.Length != 2 || task is null) return "";
        string[] arguments = parts[1].Split(',');
        return parts[0] switch
        {
            "setfs" => "F0",
            "open" => Open(task, Encoding.UTF8.GetString(PacketText.ToBytes(arguments[0])), arguments.Length > 1
                ? PacketText.ToNumber(arguments[1]) : 0),
            "pread" when arguments.Length == 3 => Read(PacketText.ToNumber(arguments[0]), PacketText.ToNumber(arguments[1]),
                PacketText.ToNumber(arguments[2])),
            "close" => Close(PacketText.ToNumber(arguments[0])),
            _ => "",
        };
    }

    public void CloseAll()
    {
        foreach (OpenDescription open in _open.Values) open.Release();
        _open.Clear();
    }

    private string Open(GuestTask task, string path, uint flags)
    {
        if (flags != 0) return Failed(NotPermitted);    // 0 is FILEIO_O_RDONLY
        if (tree.Walk(task, tree.Root, path, LastLink.Follow, out Place? place) != Errno.None) return Failed(NoEntry);
        using (place)
        {
            if (place!.Node is not { } node || node.Status(out FileStatus status) != Errno.None) return Failed(NoEntry);
            if (!status.IsRegular || node.Open(0, out OpenDescription? open) != Errno.None) return Failed(NotPermitted);
            open!.Hold();
            _open[_next] = open;
            return string.Create(CultureInfo.InvariantCulture, $"F{_next++:x}");
        }
    }

    private string Read(uint number, uint length, uint offset)
    {
        if (!_open.TryGetValue(number, out OpenDescription? open)) return Failed(BadDescriptor);
        byte[] bytes = new byte[Math.Min(length, ReadMax)];
        CallResult read = open.ReadAt(offset, bytes);
        if (read.IsError || read.IsWaiting) return Failed((int)read.Error);
        int count = (int)read.Word;
        return string.Create(CultureInfo.InvariantCulture, $"F{count:x};") + Encoding.Latin1.GetString(bytes, 0, count);
    }

    private string Close(uint number)
    {
        if (!_open.Remove(number, out OpenDescription? open)) return Failed(BadDescriptor);
        open.Release();
        return "F0";
    }

    private static string Failed(int error) => string.Create(CultureInfo.InvariantCulture, $"F-1,{error:x}");
}
