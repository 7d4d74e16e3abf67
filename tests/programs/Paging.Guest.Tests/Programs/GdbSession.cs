using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Paging.Guest.Tests;

/// <summary>Debian's gdb, which debugs a guest with commands that are known beforehand.</summary>
internal static class GdbSession
{
    private const string Gdb = "/usr/bin/gdb";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Starts the program and a gdb that executes the commands. Returns what gdb has written and the guest's outcome.</summary>
    /// <remarks>Skips where there is no gdb, no compiler or no processor.</remarks>
    public static (string Said, Outcome Guest) Execute(GuestRun run, BuiltPrograms programs, string name, params string[] commands)
    {
        RequiredProcessor.Check();
        string program = programs.Find(name);
        if (!File.Exists(Gdb)) Assert.Skip("There is no gdb here: apt-get install gdb");
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        string[] all =
        [
            "set pagination off", "set debuginfod enabled off", "set remotetimeout 60", $"target remote {listener.LocalEndpoint}",
            .. commands,
        ];
        ProcessStartInfo start = new(Gdb, ["-nx", "-batch", .. all.SelectMany(static command => (string[])["-ex", command]), program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using System.Diagnostics.Process gdb = System.Diagnostics.Process.Start(start)!;
        Task<string> output = gdb.StandardOutput.ReadToEndAsync(), errors = gdb.StandardError.ReadToEndAsync();
        string inside = run.Install(program, name);
        Socket socket = listener.AcceptSocket();
        Task<Outcome> guest = Task.Run(() => run.AsGuest(new NetworkStream(socket, ownsSocket: true), inside));
        if (!gdb.WaitForExit(Patience)) gdb.Kill();
        Assert.True(guest.Wait(Patience, TestContext.Current.CancellationToken));
        return (output.Result + errors.Result, guest.Result);
    }
}
