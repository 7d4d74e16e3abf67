using System.CommandLine;
using System.Globalization;
using Paging.Remote;
using Spectre.Console;

namespace Paging.Cli.Store;

/// <summary><c>paging store</c>: lists and deletes the contents of a shared store.</summary>
internal static class StoreCommand
{
    private const int Width = 140;

    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors)
    {
        Command list = new("list", "List the swap devices, snapshots and campaigns in a store.");
        Argument<string> where = Address();
        list.Arguments.Add(where);
        list.SetAction(result => Run(result.GetRequiredValue(where), errors, (server, prefix) => List(server, prefix, output)));

        Command remove = new("remove", "Delete a swap device, a snapshot or a campaign.");
        Argument<string> from = Address();
        Argument<string[]> entries =
            new("KIND:NAME") { Description = "Names as printed by list.", Arity = ArgumentArity.OneOrMore };
        remove.Arguments.Add(from);
        remove.Arguments.Add(entries);
        remove.SetAction(result => Run(result.GetRequiredValue(from), errors,
            (server, prefix) => Remove(server, prefix, result.GetRequiredValue(entries), output, errors)));

        return new("store", "List and delete the contents of a shared store (docs/REMOTE.md).") { list, remove };
    }

    private static Argument<string> Address() =>
        new("STORE")
        {
            Description = $"redis://[:PASSWORD@]HOST[:PORT]; rediss:// for TLS. A password may be in {RemoteAddress.PasswordVariable}.",
        };

    private static int Run(string text, TextWriter errors, Func<IRemoteServer, string, int> action)
    {
        if (!RemoteAddress.TryParse(text, [], out RemoteAddress? address, out string? complaint))
            return Refusal.Report(errors, $"paging store: {complaint}");
        try
        {
            using RedisServer server = RedisServer.Connect(address);
            return action(server, address.Prefix);
        }
        catch (RemoteException failure)
        {
            return Refusal.Report(errors, $"paging store: {failure.Message}");
        }
    }

    private static int List(IRemoteServer server, string prefix, TextWriter output)
    {
        Table table = new() { Border = TableBorder.None };
        foreach (string title in (ReadOnlySpan<string>)["entry", "keys", "lives for", "what"])
            table.AddColumn(new TableColumn(title) { NoWrap = true });
        IReadOnlyList<StoreEntry> entries = StoreDirectory.List(server, prefix);
        foreach (StoreEntry entry in entries)
        {
            string left = entry.TimeLeft is { } time ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalSeconds} s") : "-";
            table.AddRow(new Text($"{entry.Kind}:{entry.Name}"), new Text(entry.KeyCount.ToString(CultureInfo.InvariantCulture)),
                new Text(left), new Text(entry.Description));
        }

        if (entries.Count > 0)
            foreach (string line in PlainTable.Render(table, Width)) output.Write(line + "\n");

        output.Write($"{entries.Count} {(entries.Count == 1 ? "entry" : "entries")} in {server.Name}\n");
        return ExitCode.Agreement;
    }

    private static int Remove(IRemoteServer server, string prefix, string[] entries, TextWriter output, TextWriter errors)
    {
        int code = ExitCode.Agreement;
        foreach (string entry in entries)
        {
            string[] parts = entry.Split(':');
            if (parts.Length != 2 || !parts.All(StoreDirectory.IsName))
                return Refusal.Report(errors, $"paging store remove: '{entry}' is no KIND:NAME, as paging store list shows them");
            int count = StoreDirectory.Remove(server, prefix, parts[0], parts[1]);
            output.Write($"{entry}: {Counted.Of(count, "key")} deleted\n");
            if (count == 0) code = ExitCode.Difference;
        }

        return code;
    }
}
