using System.Runtime.InteropServices;

namespace Paging.Guest.Tests;

/// <summary>Another process of the host, for a guest: exchanges two names again and again, as fast as it can.</summary>
internal sealed partial class Swapper : IDisposable
{
    private const int WorkingDirectory = -100;

    private readonly Thread _thread;
    private volatile bool _mustStop;
    private long _count;

    /// <param name="one">A name.</param>
    /// <param name="other">Another one.</param>
    /// <param name="flags">2: the two change places (RENAME_EXCHANGE); 0: the file is renamed to the second name, and back.</param>
    public Swapper(string one, string other, uint flags)
    {
        _thread = new Thread(() =>
        {
            while (!_mustStop)
            {
                if (Rename(WorkingDirectory, one, WorkingDirectory, other, flags) == 0) _count++;
                if (flags == 0) _ = Rename(WorkingDirectory, other, WorkingDirectory, one, flags);
            }
        });
        _thread.Start();
    }

    /// <summary>How often it has worked.</summary>
    public long Count => Interlocked.Read(ref _count);

    public void Dispose()
    {
        _mustStop = true;
        _thread.Join();
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int fromDirectory, string from, int toDirectory, string to, uint flags);
}
