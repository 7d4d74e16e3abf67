using System.CommandLine;
using Paging.Remote;

namespace Paging.Fuzz;

/// <summary><c>fuzz campaign</c> and <c>fuzz status</c>: the same seeds by many hands.</summary>
internal static class CampaignCommand
{
    private const string Kind = "campaign";

    /// <summary>The command that works.</summary>
    public static Command Build()
    {
        Option<string> store = Store();
        Option<string> target = new("--target", "-t") { Description = "What to fuzz.", HelpName = "NAME", Required = true };
        Option<ulong> seed = new("--seed", "-s") { Description = "The first seed.", DefaultValueFactory = static _ => 0 };
        Option<ulong> seeds = new("--seeds") { Description = "How many; whole blocks of 64.", DefaultValueFactory = static _ => 6400 };
        Option<int> jobs = new("--jobs", "-j") { Description = "Threads.", DefaultValueFactory = static _ => 1 };
        Option<double> seconds = new("--seconds") { Description = "Leave after this number of seconds; others go on." };
        Option<double> shrink = new("--shrink") { Description = "Seconds to spend on a failure.", DefaultValueFactory = static _ => 30 };
        Option<int> claim = new("--claim")
        {
            Description = "Seconds of silence after which a worker's job goes to another one.",
            DefaultValueFactory = static _ => 15,
        };
        Option<string> worker = new("--worker") { Description = "This worker's name [default: host, process and chance]." };
        Option<bool> quiet = new("--quiet", "-q") { Description = "No table of what was executed." };
        Command command = new("campaign", "Works on the seeds of a campaign in a store, together with all others who do (docs/REMOTE.md).")
        {
            store, target, seed, seeds, jobs, seconds, shrink, claim, worker, quiet,
        };
        command.SetAction(result => Run(result.GetRequiredValue(store), TimeSpan.FromSeconds(Math.Max(1, result.GetValue(claim))), queue =>
        {
            if (!TryFind(result.GetRequiredValue(target), out SeedTarget? found)) return ExitCode.Unusable;
            FuzzOptions options = new()
            {
                Target = found!.Name,
                Seed = result.GetValue(seed),
                JobCount = Math.Max(1, result.GetValue(jobs)),
                Duration = TimeSpan.FromSeconds(result.GetValue(seconds)),
                ShrinkBudget = TimeSpan.FromSeconds(result.GetValue(shrink)),
                PrintsCoverage = !result.GetValue(quiet),
            };
            return new Campaign(queue, found, options, Math.Max(1, result.GetValue(seeds)))
                .Run(result.GetValue(worker) ?? JobWorker.NewName(), Console.Out);
        }));
        return command;
    }

    /// <summary>The command that looks.</summary>
    public static Command BuildStatus()
    {
        Option<string> store = Store();
        Option<bool> all = new("--all", "-a") { Description = "Also what was executed, and the script of each finding." };
        Command command = new("status", "Shows a campaign: its workers, what they have done, and what they have found.") { store, all };
        command.SetAction(result => Run(result.GetRequiredValue(store), TimeSpan.FromSeconds(15), queue =>
        {
            if (queue.Description is not { } description) return Refuse("there is no such campaign");
            if (!TryFind(description.Split(' ')[1], out SeedTarget? target)) return ExitCode.Unusable;
            bool isLong = result.GetValue(all);
            int code = Campaign.Print(queue, target!, Console.Out, isLong, isShort: !isLong);
            if (!isLong) return code;
            foreach ((string worker, string state) in queue.Workers()) Console.Out.WriteLine($"worker {worker}: {state}");
            return code;
        }));
        return command;
    }

    private static Option<string> Store() => new("--store")
    {
        Description = "The campaign: redis://[:PASSWORD@]HOST[:PORT]/NAME.",
        HelpName = "URL",
        Required = true,
    };

    private static int Run(string text, TimeSpan claimAfter, Func<JobQueue, int> action)
    {
        if (!RemoteAddress.TryParse(text, [], out RemoteAddress? address, out string? complaint)) return Refuse(complaint);
        if (!StoreDirectory.IsName(address.Name)) return Refuse("the address needs the campaign's name: redis://HOST:PORT/NAME");
        try
        {
            using RedisServer server = RedisServer.Connect(address);
            return action(new(server, address, Kind) { ClaimAfter = claimAfter });
        }
        catch (Exception failure) when (failure is RemoteException or InvalidDataException)
        {
            return Refuse(failure.Message);
        }
    }

    private static bool TryFind(string name, out SeedTarget? target)
    {
        target = TargetTable.Exists(name) ? TargetTable.Find(name) as SeedTarget : null;
        if (target is null)
            Refuse($"'{name}' is no target that goes from seed to seed; there are " +
                string.Join(", ", TargetTable.All.OfType<SeedTarget>().Select(static known => known.Name)));
        return target is not null;
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine($"fuzz: {message.ReplaceLineEndings(" ")}");
        return ExitCode.Unusable;
    }
}
