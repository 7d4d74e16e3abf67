using System.Diagnostics;

namespace Paging.Tests;

/// <summary>Starts programs with the default action of every signal.</summary>
/// <remarks>Signals that this process ignores, as below nohup, would otherwise be ignored by the program too.</remarks>
internal static class DefaultSignals
{
    public static ProcessStartInfo For(string program, params string[] words) => new("env", ["--default-signal", program, .. words]);
}
